import { describe, expect, test } from 'vitest'
import { ReplyError } from '../errors.js'
import { endpointAt } from './address.js'
import { NOBODY, slotMapOf } from './cluster.js'
import type { RawReply } from './raw-reply.js'

const asked = endpointAt('seed', 7000, undefined)
const named = (host: string, port: number) => endpointAt(host, port, undefined).name

function ownersOf(slots: RawReply, nodes: RawReply = '', from = asked): (string | undefined)[] {
  const map = slotMapOf(slots, nodes, from)
  return [...map.owners].map(owner => (owner === NOBODY ? undefined : map.primaries[owner]?.name))
}

describe('who is in charge of what, by CLUSTER SLOTS', () => {
  test('of Redis 6.2, and of later ones, with gaps', () => {
    const owners = ownersOf([
      [0, 1, ['10.0.0.1', 7001, 'a'], ['10.0.0.2', 7002, 'b']],
      [3, 3, ['10.0.0.3', 7003, 'c', ['hostname', 'three']], ['10.0.0.2', 7002, 'b', []]],
      [16383, 16383, ['10.0.0.1', 7001, 'a']],
    ])
    expect(owners.slice(0, 5)).toEqual([
      named('10.0.0.1', 7001),
      named('10.0.0.1', 7001),
      undefined,
      named('10.0.0.3', 7003),
      undefined,
    ])
    expect(owners[16383]).toBe(named('10.0.0.1', 7001))
  })

  test.each<[host: RawReply, more: RawReply, name: string | undefined]>([
    ['10.0.0.1', [], named('10.0.0.1', 7001)],
    ['::1', [], 'redis://[::1]:7001'],
    ['', [], named('seed', 7001)],
    [null, ['ip', '10.0.0.1'], named('seed', 7001)],
    ['?', ['ip', '10.0.0.1'], named('10.0.0.1', 7001)],
    ['?', [], undefined],
  ])('a node that is called %j', (host, more, name) => {
    expect(ownersOf([[0, 0, [host, 7001, 'a', more]]])[0]).toBe(name)
  })

  test('a node has TLS where the one that was asked has', () => {
    const { primaries } = slotMapOf(
      [[0, 1, ['10.0.0.1', 7001, 'a']]],
      '',
      endpointAt('seed', 7000, { servername: 'x' }),
    )
    expect(primaries).toEqual([
      { socket: { host: '10.0.0.1', port: 7001 }, tls: { servername: 'x' }, name: 'rediss://10.0.0.1:7001' },
    ])
  })

  test('nodes without slots are known by CLUSTER NODES, and those that have failed are not', () => {
    const text = [
      'a 10.0.0.1:7001@17001 master - 0 0 1 connected 0-1',
      'b 10.0.0.2:7002@17002,two,shard-id=x master - 0 0 2 connected',
      'c 10.0.0.3:7003@17003,, slave,fail a 0 0 3 connected',
      'd 10.0.0.4:7004@17004, slave,fail? a 0 0 3 connected',
      'e :0@0 master,noaddr - 0 0 4 disconnected',
      'f :7006@17006 myself,master - 0 0 5 connected',
      'g ::1:7007@17007 master - 0 0 5 connected',
      'nonsense',
      '',
    ].join('\n')
    const { nodes } = slotMapOf([[0, 1, ['10.0.0.9', 7009, 'z'], ['10.0.0.8', 7008, 'y']]], text, asked)
    expect([...nodes.keys()].sort()).toEqual(
      [
        named('10.0.0.9', 7009),
        named('10.0.0.8', 7008),
        named('10.0.0.1', 7001),
        named('10.0.0.2', 7002),
        named('two', 7002),
        named('10.0.0.4', 7004),
        named('seed', 7006),
        'redis://[::1]:7007',
      ].sort(),
    )
  })

  test.each<[what: string, slots: RawReply]>([
    ['slots that there are not', [[-5, 99_999, ['10.0.0.1', 7001, 'a']]]],
    [
      'a range that ends before it begins',
      [
        [5, 4, ['10.0.0.1', 7001, 'a']],
        [0, 0, ['10.0.0.1', 7001, 'a']],
      ],
    ],
    [
      'ports that there are not',
      [
        [0, 0, ['10.0.0.1', 0, 'a']],
        [0, 1, ['10.0.0.1', 99_999, 'a']],
        [0, 1, ['10.0.0.1', 7001]],
      ],
    ],
    [
      'what is no range',
      ['x', null, [], [0], [0, 1], [0, 1, 'x'], [0, 1, []], ['0', '1', ['x', 1]], [0, 1, ['10.0.0.1', 7001]]],
    ],
  ])('%s', (_, slots) => {
    const owners = ownersOf(slots)
    expect(owners).toHaveLength(16384)
    expect(owners[0]).toBe(named('10.0.0.1', 7001))
  })

  test.each<RawReply>(['x', 1, null, new ReplyError('ERR no')])('%o is none', reply => {
    expect(() => slotMapOf(reply, '', asked)).toThrow('it gave an answer to CLUSTER SLOTS that is none')
  })
})
