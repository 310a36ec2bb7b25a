import { Bytes, command, t } from 'krmt/module'
import { bitsForRadius, encode, MAX_BITS } from './geohash.js'
import { checkPosition, metersOf, type Order, position, precision } from './grammar.js'

/**
 * GEOADD key latitude longitude member [latitude longitude member ...], or with `radius units` after one member: stores
 * where members are. Every position is published on the channel `__geo:<key>:<member>`, latitude first.
 */
export function geoadd(order: Order) {
  const place = { ...position(order), member: t.bytes() }
  const [first, second] = order === 'latlong' ? ['lat', 'long'] : ['long', 'lat']
  return command({
    name: 'geoadd',
    summary: 'Adds members with their positions to a geo set, or moves them.',
    complexity: 'O(log(N)) for each member, with N members in the set',
    group: 'geo',
    flags: ['write', 'denyoom'],
    args: {
      key: t.key(),
      what: t.alternatives([{ places: t.oneOrMore(place) }, { ...place, ...precision }], {
        error: `ERR format is: geoadd [key] [${first}1] [${second}1] [member1] [${first}2] [${second}2] [member2] ... `,
      }),
    },
    examples: examples[order],
    run({ key, what }, { read, write }) {
      const places = 'places' in what ? what.places : [what]
      const bits = 'places' in what ? MAX_BITS : bitsForRadius(metersOf(what.radius, what.units))
      for (const { latitude, longitude } of places) checkPosition(order, latitude, longitude)

      const scores = places.map(({ latitude, longitude, member }) => {
        return { member, score: encode(latitude, longitude, bits) }
      })
      write.sortedSet(key).add(scores)
      for (const { latitude, longitude, member } of places) {
        write.publish(Bytes.concat('__geo:', key, ':', member), `${latitude.toFixed(7)} ${longitude.toFixed(7)}`)
      }
      const [only, ...others] = places
      // Of a single member it tells whether it is new, of several only how many they are.
      if (only !== undefined && others.length === 0) return read.sortedSet(key).has(only.member) ? 0 : 1
      return places.length
    },
  })
}

const examples = {
  latlong: [
    ['GEOADD cities 48.8566 2.3522 Paris', 1],
    ['GEOADD cities 52.52 13.405 Berlin 51.5072 -0.1276 London', 2],
    ['GEOADD cities 48.8566 2.3522 Paris 10 km', 0],
    ['ZCARD cities', 3],
  ],
  longlat: [
    ['GEOADD cities 2.3522 48.8566 Paris', 1],
    ['GEOADD cities 13.405 52.52 Berlin -0.1276 51.5072 London', 2],
    ['GEOADD cities 2.3522 48.8566 Paris 10 km', 0],
    ['ZCARD cities', 3],
  ],
} as const
