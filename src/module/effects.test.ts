import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDouble } from '../bytes/numbers.js'
import { EffectRecorder, formatNumber } from './effects.js'
import { Bytes, type Write } from './index.js'

/** The effects of some writes, each as a line. */
function recorded(run: (write: Write) => void): string[] {
  const recorder = new EffectRecorder()
  run(recorder.write)
  return recorder.effects.map(argv => argv.join(' '))
}

test('every write is the command that does it, in order', () => {
  expect(
    recorded(write => {
      const key = write.key('k')
      key.delete()
      key.expire(1500)
      key.expireAt(1_700_000_000_000)
      key.persist()
      key.rename('other')
      const string = write.string('s')
      string.set('ä')
      string.set(5, { expire: 10 })
      string.set(1.5, { expireAt: 20 })
      string.set(10n, { keepTtl: true })
      string.set('x', { keepTtl: false })
      string.append('tail')
      string.setRange(3, 'x')
      string.setBit(7, 1)
      string.increment()
      string.increment(-5n)
      string.incrementByFloat(0.1)
      const hash = write.hash('h')
      hash.set('f', 'v')
      hash.set([
        { field: 'a', value: 1 },
        { field: Bytes.from('b'), value: new Uint8Array([50]) },
      ])
      hash.delete('a', 'b')
      hash.increment('n')
      hash.incrementByFloat('n', 1e21)
      const set = write.sortedSet('z')
      set.add('m', 1.5)
      set.add([
        { member: 'a', score: Infinity },
        { member: 'b', score: -Infinity },
      ])
      set.remove('a')
      set.increment('b', -1)
      write.publish('channel', 'text')
      write.call('rpush', 'l', 1, 'x')
    }),
  ).toEqual([
    'DEL k',
    'PEXPIRE k 1500',
    'PEXPIREAT k 1700000000000',
    'PERSIST k',
    'RENAME k other',
    'SET s \xc3\xa4',
    'SET s 5 PX 10',
    'SET s 1.5 PXAT 20',
    'SET s 10 KEEPTTL',
    'SET s x',
    'APPEND s tail',
    'SETRANGE s 3 x',
    'SETBIT s 7 1',
    'INCRBY s 1',
    'INCRBY s -5',
    'INCRBYFLOAT s 0.1',
    'HSET h f v',
    'HSET h a 1 b 2',
    'HDEL h a b',
    'HINCRBY h n 1',
    'HINCRBYFLOAT h n 1e+21',
    'ZADD z 1.5 m',
    'ZADD z +inf a -inf b',
    'ZREM z a',
    'ZINCRBY z -1 b',
    'PUBLISH channel text',
    'RPUSH l 1 x',
  ])
})

test('effects on another database stand behind a SELECT, as in an append-only file', () => {
  const run = (write: Write): void => {
    write.string('a').set('1')
    const zero = write.database(0)
    const two = write.database(2)
    zero.string('b').set('2')
    two.hash('c').set('f', 'v')
    two.hash('c').set([])
    two.call('incr', 'd')
    zero.database(2).sortedSet('e').add('m', 1)
    zero.publish('news', 'x')
    write.key('f').delete()
  }
  const inDatabase = (index: number): string[] => {
    const recorder = new EffectRecorder(index)
    run(recorder.write)
    return recorder.effects.map(argv => argv.join(' '))
  }
  expect(inDatabase(0)).toEqual([
    'SET a 1',
    'SET b 2',
    'SELECT 2',
    'HSET c f v',
    'INCR d',
    'ZADD e 1 m',
    'SELECT 0',
    'PUBLISH news x',
    'DEL f',
  ])
  expect(inDatabase(2)).toEqual([
    'SET a 1',
    'SELECT 0',
    'SET b 2',
    'SELECT 2',
    'HSET c f v',
    'INCR d',
    'ZADD e 1 m',
    'SELECT 0',
    'PUBLISH news x',
    'SELECT 2',
    'DEL f',
  ])
  expect(recorded(write => write.database(7).hash('h').delete())).toEqual([])
})

test('nothing to write is no effect', () => {
  expect(
    recorded(write => {
      write.hash('h').set([])
      write.hash('h').delete()
      write.sortedSet('z').add([])
      write.sortedSet('z').remove()
    }),
  ).toEqual([])
})

test.each<[(write: Write) => void, string]>([
  [write => write.hash(undefined as never), 'the key must be text or bytes, not undefined'],
  [write => write.hash('h').set('f', undefined as never), 'the value must be text, bytes or a number, not undefined'],
  [write => write.hash('h').set([{ field: 'f' } as never]), 'the value must be text, bytes or a number, not undefined'],
  [
    write => write.hash('h').set([{ field: 1, value: 1 } as never]),
    'the field must be text or bytes, not the number 1',
  ],
  [write => write.hash('h').set({ f: 1 } as never), 'the field must be text or bytes, not an object'],
  [write => write.string('s').set(NaN), 'the value must be a number, not the number NaN'],
  [write => write.string('s').set(null as never), 'the value must be text, bytes or a number, not null'],
  [write => write.string('s').setBit(0, 2 as never), 'the bit must be 0 or 1, not the number 2'],
  [write => write.string('s').setRange(1.5, 'x'), 'the offset must be an integer, not the number 1.5'],
  [
    write => write.string('s').incrementByFloat(Infinity),
    'the increment must be a finite number, not the number Infinity',
  ],
  [write => write.key('k').expire('10' as never), 'the time to live must be an integer, not the text "10"'],
  [write => write.sortedSet('z').add('m', undefined as never), 'the score must be a number, not undefined'],
  [write => write.sortedSet('z').add([{ member: 'm', score: NaN }]), 'the score must be a number, not the number NaN'],
  [write => write.publish('c', undefined as never), 'the message must be text, bytes or a number, not undefined'],
  [write => write.call(), 'write.call() needs the name of a command'],
  [write => write.call('SET', 'k', undefined as never), 'argument 2 of write.call() must be text, bytes or a number'],
  [write => write.call('select', 1), 'write.call() cannot select a database: use write.database(index)'],
  [write => write.database(-1), 'a database is an integer from 0, not the number -1'],
  [write => write.database(0.5), 'a database is an integer from 0, not the number 0.5'],
  [write => write.database('0' as never), 'a database is an integer from 0, not the text "0"'],
  [write => write.database(1).string('s').set(NaN), 'the value must be a number, not the number NaN'],
])('%#: refused', (run, message) => {
  const recorder = new EffectRecorder()
  expect(() => run(recorder.write)).toThrow(message)
  expect(recorder.effects).toEqual([])
})

test('a number is written so that it reads back as the same', () => {
  fc.assert(fc.property(fc.double({ noNaN: true }), n => void expect(parseDouble(formatNumber(n))).toBe(n)))
})
