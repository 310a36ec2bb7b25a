import {
  type Bytes,
  command,
  expectError,
  type Key,
  type ReadSortedSet,
  ReplyError,
  t,
  type ValueOf,
} from 'krmt/module'
import { Circle } from './circle.js'
import { coverCircle } from './cover.js'
import { METERS, type Unit } from './distance.js'
import { cellOf, HASH_END, latitudeOf, longitudeOf } from './geohash.js'
import { boundsFeature, featureCollection, pointFeature } from './geojson.js'
import { checkPosition, geojson, inOrder, metersOf, type Order, position, radius, units } from './grammar.js'
import { hashReply } from './reply.js'

const options = t.options({
  distance: t.flag('WITHDIST*'),
  hash: t.flag('WITHHASH'),
  coordinates: t.flag('WITHCOORD*'),
  geojson,
  bounds: t.flag('WITHGEOJSONBOUND*'),
  collection: t.flag('WITHGEOJSONCOLLECTION'),
  noProperties: t.flag('NOPROP*', 'WITHOUTPROP*'),
  sort: t.oneOf({ asc: ['ASC*', 'SORT*'], desc: ['DESC*'] }),
})

type Options = ValueOf<typeof options>

/** GEORADIUS key latitude longitude radius units [option ...]: the members within a radius of a position. */
export function georadius(order: Order) {
  return command({
    name: 'georadius',
    summary: 'Finds the members of a geo set within a radius of a position.',
    complexity: 'O(log(N)+M) for M members in and near the circle, of N in the set',
    group: 'geo',
    flags: ['readonly'],
    args: { key: t.key(), ...position(order), radius, units: units(), options },
    // The original looked for the key first, and a search in no set finds nothing wherever it is.
    ifMissing: [],
    examples: examples[order],
    run({ key, latitude, longitude, radius, units, options }, { read }) {
      checkPosition(order, latitude, longitude)
      const circle = new Circle(latitude, longitude, metersOf(radius, units))
      return search({ order, key, units, options }, read.sortedSet(key), circle)
    },
  })
}

/** GEORADIUSBYMEMBER key member radius units [option ...]: the members within a radius of one of them. */
export function georadiusbymember(order: Order) {
  return command({
    name: 'georadiusbymember',
    summary: 'Finds the members of a geo set within a radius of one of them.',
    complexity: 'O(log(N)+M) for M members in and near the circle, of N in the set',
    group: 'geo',
    flags: ['readonly'],
    args: { key: t.key(), member: t.bytes(), radius, units: units(), options },
    ifMissing: [],
    examples: byMemberExamples[order],
    run({ key, member, radius, units, options }, { read }) {
      const set = read.sortedSet(key)
      const hash = set.score(member)
      if (hash === null || !(hash >= 0 && hash < HASH_END)) {
        throw new ReplyError('ERR could not decode requested zset member')
      }
      const circle = new Circle(latitudeOf(hash), longitudeOf(hash), metersOf(radius, units))
      return search({ order, key, units, options }, set, circle)
    },
  })
}

/** What a search is to tell. */
interface Question {
  readonly order: Order
  readonly key: Key
  readonly units: Unit
  readonly options: Options
}

/** A member; with options an array: member, distance, hash, position, GeoJSON point, GeoJSON bounds, as asked. */
type Item = Bytes | (Bytes | string | number | bigint | [string, string])[]

/** The members in the circle, and last, if asked, all of them as one GeoJSON text. */
function search(question: Question, set: ReadSortedSet, circle: Circle): (Item | string)[] {
  const { collection, sort } = question.options
  const asked = asksForMore(question.options)
  // Fast path: where only the members are asked for, nothing is worked out for each but whether it is in the circle.
  if (!asked && !collection && sort === undefined) return membersIn(set, circle)

  const hits = hitsIn(set, circle)
  if (sort === 'asc') hits.sort((a, b) => a.distance - b.distance)
  else if (sort === 'desc') hits.sort((a, b) => b.distance - a.distance)
  const items: (Item | string)[] = asked ? hits.map(hit => itemOf(question, hit)) : hits.map(hit => hit.member)
  if (collection && hits.length > 0) {
    items.push(JSON.stringify(featureCollection(hits.map(hit => pointOf(question, hit)))))
  }
  return items
}

function asksForMore({ distance, hash, coordinates, geojson, bounds }: Options): boolean {
  return distance || hash || coordinates || geojson || bounds
}

function membersIn(set: ReadSortedSet, circle: Circle): Bytes[] {
  const members: Bytes[] = []
  for (const { min, max, inside } of coverCircle(circle)) {
    set.visitScores({ min, max, maxExclusive: true }, (member, hash) => {
      if (inside || circle.contains(hash)) members.push(member)
    })
  }
  return members
}

interface Hit {
  readonly member: Bytes
  readonly hash: number
  /** From the centre, in meters. */
  readonly distance: number
}

function hitsIn(set: ReadSortedSet, circle: Circle): Hit[] {
  const hits: Hit[] = []
  for (const { min, max } of coverCircle(circle)) {
    set.visitScores({ min, max, maxExclusive: true }, (member, hash) => {
      const distance = circle.distanceTo(hash)
      if (distance <= circle.radius) hits.push({ member, hash, distance })
    })
  }
  return hits
}

function itemOf(question: Question, hit: Hit): Item {
  const { order, key, units, options } = question
  const { member, hash } = hit
  const item: Exclude<Item, Bytes> = [member]
  if (options.distance) item.push((hit.distance / METERS[units]).toFixed(2))
  if (options.hash) item.push(hashReply(hash))
  if (options.coordinates) item.push(inOrder(order, String(latitudeOf(hash)), String(longitudeOf(hash))))
  if (options.geojson) item.push(JSON.stringify(pointOf(question, hit)))
  if (options.bounds) {
    const properties = options.noProperties ? undefined : { set: key.toString(), member: member.toString() }
    item.push(JSON.stringify(boundsFeature(cellOf(hash), properties)))
  }
  return item
}

function pointOf({ key, units, options }: Question, { member, hash, distance }: Hit) {
  const properties = options.noProperties
    ? undefined
    : { set: key.toString(), member: member.toString(), units, distance: distance / METERS[units] }
  return pointFeature(latitudeOf(hash), longitudeOf(hash), properties)
}

const examples = {
  latlong: [
    ['GEOADD cities 48.8566 2.3522 Paris 52.52 13.405 Berlin 51.5072 -0.1276 London', 3],
    ['GEORADIUS cities 50.8503 4.3517 400 km ASC', ['Paris', 'London']],
  ],
  longlat: [
    ['GEOADD cities 2.3522 48.8566 Paris 13.405 52.52 Berlin -0.1276 51.5072 London', 3],
    ['GEORADIUS cities 4.3517 50.8503 400 km ASC', ['Paris', 'London']],
  ],
} as const

const byMemberExamples = {
  latlong: [
    ['GEOADD cities 48.8566 2.3522 Paris 52.52 13.405 Berlin 51.5072 -0.1276 London', 3],
    [
      'GEORADIUSBYMEMBER cities Paris 400 km WITHDIST ASC',
      [
        ['Paris', '0.00'],
        ['London', '343.63'],
      ],
    ],
    ['GEORADIUSBYMEMBER cities Rome 400 km', expectError('ERR could not decode requested zset member')],
  ],
  longlat: [
    ['GEOADD cities 2.3522 48.8566 Paris 13.405 52.52 Berlin -0.1276 51.5072 London', 3],
    [
      'GEORADIUSBYMEMBER cities Paris 400 km WITHCOORD DESC',
      [
        ['London', ['-0.12760072946548462', '51.50720053692976']],
        ['Paris', ['2.35219806432724', '48.8565995303493']],
      ],
    ],
  ],
} as const
