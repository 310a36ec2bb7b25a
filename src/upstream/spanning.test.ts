import { describe, expect, test } from 'vitest'
import { ReplyError } from '../errors.js'
import { MapReply, SetReply, Status } from '../resp/reply-reader.js'
import { ServerCommand, ServerCommands } from './command-info.js'
import type { RawReply } from './raw-reply.js'
import { mergeReplies, spansNodes } from './spanning.js'

const error = new ReplyError('ERR no')
const ok = new Status('OK')

function commandWith(...tips: string[]): ServerCommand {
  return new ServerCommand('test', -1, new Set(), [], new Map(), tips)
}

describe('one reply of several', () => {
  test.each<[policy: string, replies: RawReply[], merged: RawReply]>([
    ['', [['a'], [], ['b', 'c']], ['a', 'b', 'c']],
    ['', [new MapReply(['a', 1]), new MapReply(['b', 2])], new MapReply(['a', 1, 'b', 2])],
    ['', [['a'], error], error],
    ['', [1, 2], 1],
    ['agg_sum', [1, 2, 3], 6],
    ['agg_sum', [2 ** 53 - 1, 1, 1], 2n ** 53n + 1n],
    ['agg_sum', [2n ** 60n, -1], 2n ** 60n - 1n],
    ['agg_sum', [1, error, 3], error],
    [
      'agg_sum',
      [
        [1, 2],
        [3, 4],
      ],
      [4, 6],
    ],
    ['agg_min', [3, 1, 2], 1],
    ['agg_max', [3, 5, 2], 5],
    [
      'agg_logical_and',
      [
        [1, 1, 0],
        [1, 0, 0],
      ],
      [1, 0, 0],
    ],
    [
      'agg_logical_or',
      [
        [1, 1, 0],
        [1, 0, 0],
      ],
      [1, 1, 0],
    ],
    ['agg_sum', [[1, 2], [3]], [4, 2]],
    ['agg_sum', [ok, 1], ok],
    ['all_succeeded', [ok, ok], ok],
    ['all_succeeded', ['a', 'b'], 'a'],
    ['all_succeeded', [ok, error, new ReplyError('ERR another')], error],
    ['one_succeeded', [error, ok, error], ok],
    ['one_succeeded', [error, new ReplyError('ERR another')], error],
    ['one_succeeded', [null, error], null],
    ['agg_sum', [7], 7],
    ['', [new SetReply(['a']), new SetReply(['b', 'c'])], new SetReply(['a', 'b', 'c'])],
  ])('%s of %o', (policy, replies, merged) => {
    const tips = policy === '' ? [] : [`response_policy:${policy}`]
    expect(mergeReplies(commandWith('request_policy:all_shards', ...tips), replies)).toStrictEqual(merged)
  })
})

describe('a command', () => {
  test.each([
    [['request_policy:all_shards'], true],
    [['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:all_succeeded'], true],
    [['request_policy:all_shards', 'response_policy:special'], false],
    [['request_policy:multi_shard', 'response_policy:agg_sum'], false],
    [['request_policy:special'], false],
    [[], false],
  ])('with the tips %j spans nodes: %s', (tips, spans) => {
    expect(spansNodes(commandWith(...tips))).toBe(spans)
  })

  test('of Redis 6.2, which gives no tips', () => {
    const plain = (name: string): RawReply => [name, -1, [], 0, 0, 0, []]
    const commands = new ServerCommands(
      ['dbsize', 'keys', 'flushall', 'script', 'scan', 'randomkey', 'ping'].map(plain),
    )
    const spanning = [
      ['DBSIZE'],
      ['KEYS', '*'],
      ['FLUSHALL'],
      ['SCRIPT', 'LOAD', 'x'],
      ['script', 'flush'],
      ['SCRIPT', 'EXISTS', 'x'],
    ]
    for (const argv of spanning) expect(spansNodes(commands.of(argv)!), argv.join(' ')).toBe(true)
    for (const argv of [['SCAN', '0'], ['RANDOMKEY'], ['PING'], ['SCRIPT', 'KILL']]) {
      expect(spansNodes(commands.of(argv)!), argv.join(' ')).toBe(false)
    }
    expect(commands.of(['SCRIPT', 'LOAD', 'x'])?.accepts(3)).toBe(true)
  })
})
