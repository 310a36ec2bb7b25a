import { expect, test } from 'vitest'
import { ReplyCollector } from './collector.js'

type Value = string | number | bigint | boolean | null | Value[] | { error: string } | { map: Value[] }

function collector(): ReplyCollector<Value> {
  return new ReplyCollector<Value>({
    status: text => text,
    bulk: bytes => bytes,
    error: error => ({ error }),
    integer: value => value,
    double: value => value,
    boolean: value => value,
    null: () => null,
    array: items => items,
    map: items => ({ map: items }),
  })
}

test('builds nested replies, and gives each once', () => {
  const replies = collector()
  replies.begin()
  replies.array(3)
  replies.ok()
  replies.map(1)
  replies.bulk('key')
  replies.array(0)
  replies.null()
  expect(replies.take()).toEqual(['OK', { map: ['key', []] }, null])
  expect(replies.take()).toBe(undefined)
})

test('what a command had written before it failed is taken back', () => {
  const replies = collector()
  replies.begin()
  replies.array(2)
  replies.integer(1)
  replies.abort()
  replies.error('ERR no')
  expect(replies.take()).toEqual({ error: 'ERR no' })
})

test.each<[what: string, write: (replies: ReplyCollector<Value>) => void]>([
  ['nothing', () => {}],
  [
    'half a reply',
    replies => {
      replies.array(3)
      replies.integer(1)
      replies.array(2)
    },
  ],
  ['all of it', replies => replies.integer(1)],
  [
    'a container',
    replies => {
      replies.map(1)
      replies.ok()
      replies.ok()
    },
  ],
])('within the reply of another command too, when it had written %s', (_, write) => {
  const replies = collector()
  replies.begin()
  replies.array(3)
  for (const fails of [false, true, true]) {
    replies.begin()
    if (fails) {
      write(replies)
      replies.abort()
      replies.error('ERR no')
    } else replies.ok()
  }
  expect(replies.take()).toEqual(['OK', { error: 'ERR no' }, { error: 'ERR no' }])
})
