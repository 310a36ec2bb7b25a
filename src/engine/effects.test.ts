import { command, defineModule, reply, t } from 'krmt/module'
import { openTest, type TestDb } from 'krmt/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type EffectBatch, Target } from './effects.js'

/** APPLY line [line ...]: writes what the lines say, each a Redis command with its words between spaces; `3: DEL key` in database 3. */
const apply = command({
  name: 'apply',
  summary: 'Writes.',
  flags: ['write'],
  args: { lines: t.oneOrMore(t.text()) },
  run({ lines }, { write }) {
    for (const line of lines) {
      const [, index, effect = line] = /^(\d+): (.*)/.exec(line) ?? []
      const to = index === undefined ? write : write.database(Number(index))
      to.call(...effect.split(' '))
    }
    return reply.ok
  },
})

/** INSTEAD word [word ...]: has another command answer. */
const instead = command({
  name: 'instead',
  summary: 'Forwards.',
  flags: ['write'],
  args: { words: t.oneOrMore(t.text()) },
  run: ({ words }, { forward }) => forward(...(words as [string, ...string[]])),
})

const module = defineModule({ name: 'effects', version: '1.0.0', requires: '^1', commands: [apply, instead] })

let db: TestDb
let batches: string[][]
let stop: () => void
const log: string[] = []

beforeEach(async () => {
  log.length = 0
  const say = (message: string): void => void log.push(message)
  db = (await openTest({
    modules: [module],
    config: { 'busy-reply-threshold': 1 },
    log: { debug: say, verbose: say, notice: say, warning: say },
  })) as unknown as TestDb
  batches = []
  stop = db.engine.effects.listen(batch => batches.push(lines(batch)))
})
afterEach(() => db.close())

/** `0: SET a 1`; where it is not for both, with the target behind it: `0: SET a 1 (aof)`. */
function lines(batch: EffectBatch): string[] {
  const names: Readonly<Record<number, string>> = {
    [Target.aof]: ' (aof)',
    [Target.replica]: ' (replica)',
    [Target.all]: '',
  }
  return batch.map(({ database, argv, targets }) => `${database}: ${argv.join(' ')}${names[targets]}`)
}

/** Runs commands, their words between spaces, and gives the batches that came of them. */
async function effectsOf(...commands: readonly (string | readonly string[])[]): Promise<string[][]> {
  for (const argv of commands) await db.call(...(typeof argv === 'string' ? argv.split(' ') : argv)).catch(() => {})
  return batches.splice(0)
}

const script = (text: string): readonly string[] => ['EVAL', text, '0']

describe('the feed of effects', () => {
  test('is of commands that have changed something, one batch each, with their databases', async () => {
    expect(
      await effectsOf(
        'SET a 1',
        'GET a',
        'SETNX a 2',
        'LPUSH a x',
        'NOSUCH',
        'SELECT 2',
        'set a 1',
        'DEL a b',
        'DEL a',
      ),
    ).toEqual([['0: SET a 1'], ['2: set a 1'], ['2: DEL a b']])
  })

  test('has times of expiry as they are, and what is random as it was', async () => {
    const now = db.clock.now()
    expect(await effectsOf('SET a 1 EX 10', 'EXPIRE a 20 GT', 'SADD s x', 'SPOP s', 'INCRBYFLOAT f 1.5')).toEqual([
      [`0: SET a 1 PXAT ${now + 10_000}`],
      [`0: PEXPIREAT a ${now + 20_000} GT`],
      ['0: SADD s x'],
      ['0: SREM s x'],
      ['0: SET f 1.5 KEEPTTL'],
    ])
  })

  test('tells of nothing that was before, or is after', async () => {
    stop()
    await effectsOf('SET a 1')
    expect(db.engine.effects.listening).toBe(false)
    stop = db.engine.effects.listen(batch => batches.push(lines(batch)))
    expect(await effectsOf('GET a', 'SET b 1')).toEqual([['0: SET b 1']])
    const others: string[][] = []
    const stopOther = db.engine.effects.listen(batch => others.push(lines(batch)))
    stop()
    expect(await effectsOf('SET c 1')).toEqual([])
    stopOther()
    await effectsOf('SET d 1')
    expect(others).toEqual([['0: SET c 1']])
  })

  test('keeps nothing while nobody listens', async () => {
    stop()
    db.engine.keyspace.activeExpiry = false
    await effectsOf('SET a 1 PX 10')
    db.clock.advance(20)
    await effectsOf('GET a')
    expect(db.engine.effects.mark).toBe(0)
  })

  test('takes back what has been undone, the changes too', async () => {
    const { effects, keyspace } = db.engine
    const { mark } = effects
    keyspace.changes++
    effects.become(['SET', 'a', '1'])
    effects.rewind(mark)
    expect(await effectsOf('GET a', 'SET b 1')).toEqual([['0: SET b 1']])
  })

  test('goes to all listeners, even if one fails', async () => {
    const stopOther = db.engine.effects.listen(() => {
      throw new Error('the disk is full')
    })
    const others: string[][] = []
    db.engine.effects.listen(batch => others.push(lines(batch)))
    expect(await db.call('SET', 'a', '1')).toBe('OK')
    stopOther()
    expect([batches, others]).toEqual([[['0: SET a 1']], [['0: SET a 1']]])
    expect(log.join('\n')).toMatch(
      /Error in who listens to the feed of effects: Error: the disk is full\n.*effects\.test/s,
    )
  })

  test('has a transaction as one batch', async () => {
    expect(
      await effectsOf('MULTI', 'SET a 1', 'GET a', 'SELECT 1', 'LPUSH a x', 'INCR a', 'PUBLISH c m', 'EXEC'),
    ).toEqual([['0: SET a 1', '1: LPUSH a x', '1: PUBLISH c m (replica)']])
    expect(await effectsOf('MULTI', 'GET a', 'EXEC', 'MULTI', 'SET a 1', 'DISCARD')).toEqual([])
  })

  test('has what BITFIELD makes of a key where Redis forgets it', async () => {
    expect(
      await effectsOf('BITFIELD b OVERFLOW FAIL INCRBY u1 0 -1', 'STRLEN b', 'BITFIELD b OVERFLOW FAIL INCRBY u1 0 -1'),
    ).toEqual([['0: BITFIELD b OVERFLOW FAIL INCRBY u1 0 -1']])
  })
})

describe('keys that expire', () => {
  test('one by one when nobody asks for them', async () => {
    await effectsOf('SET a 1 PX 10', 'SELECT 3', 'SET b 1 PX 20', 'SET c 1 PX 30')
    db.clock.advance(20)
    expect(batches.splice(0)).toEqual([['0: DEL a'], ['3: DEL b']])
    db.clock.advance(20)
    expect(batches).toEqual([['3: DEL c']])
  })

  test('before the command that finds them', async () => {
    await effectsOf('SET a 1 PX 10', 'SET b 1 PX 10')
    db.engine.keyspace.activeExpiry = false
    db.clock.advance(20)
    expect(await effectsOf('GET a', 'GET a', 'SETNX b 2')).toEqual([['0: DEL a'], ['0: DEL b', '0: SETNX b 2']])
  })
})

describe('scripts', () => {
  test('are their commands, as one batch', async () => {
    expect(
      await effectsOf(
        script("redis.call('SET', 'a', 1) redis.call('GET', 'a') redis.call('SELECT', 2) redis.call('INCR', 'a')"),
        script("redis.call('SET', 'a', 1) redis.call('LPUSH', 'a', 1)"),
        script("return redis.call('GET', 'a')"),
      ),
    ).toEqual([['0: SET a 1', '2: INCR a'], ['0: SET a 1']])
  })

  test('say by redis.set_repl who their effects are for', async () => {
    expect(
      await effectsOf(
        script(`
          redis.call('SET', 'a', 1)
          redis.set_repl(redis.REPL_AOF)     redis.call('SET', 'b', 1)
          redis.set_repl(redis.REPL_REPLICA) redis.call('APPLY', 'SET c 1', 'SET d 1')
          redis.set_repl(redis.REPL_NONE)    redis.call('SET', 'e', 1)`),
        'SET f 1',
      ),
    ).toEqual([['0: SET a 1', '0: SET b 1 (aof)', '0: SET c 1 (replica)', '0: SET d 1 (replica)'], ['0: SET f 1']])
  })

  const SLOW = "for i = 1, 3 do redis.call('INCR', KEYS[1]) local n = 0 for j = 1, 2e6 do n = n + j end end"

  test('that are suspended have one batch, when they are over', async () => {
    const done = db.call('EVAL', SLOW, '1', 'a')
    expect(db.engine.scripting.busy).toBeDefined()
    // A key that is due must not get in between.
    db.engine.expireDue()
    expect(batches).toEqual([])
    await done
    expect(await effectsOf('SET b 1')).toEqual([['0: INCR a', '0: INCR a', '0: INCR a'], ['0: SET b 1']])
  })

  test('that are suspended in a transaction do not tear it', async () => {
    await effectsOf('MULTI', 'SET b 1', ['EVAL', SLOW, '1', 'a'], 'SET b 2', ['EVAL', SLOW, '1', 'c'], 'SET b 3')
    const done = db.call('EXEC')
    expect(db.engine.scripting.busy).toBeDefined()
    const late: string[][] = []
    const seen = db.engine.keyspace.changes
    db.engine.effects.listen(batch => late.push(lines(batch)))
    await done
    const a = Array.from({ length: 3 }, () => '0: INCR a')
    const c = Array.from({ length: 3 }, () => '0: INCR c')
    const all = ['0: SET b 1', ...a, '0: SET b 2', ...c, '0: SET b 3']
    expect(await effectsOf('SET d 1')).toEqual([all, ['0: SET d 1']])
    // Who began to listen in the middle is told of what came then.
    expect(late).toEqual([all.slice(-(db.engine.keyspace.changes - seen - 1)), ['0: SET d 1']])
    expect(late[0]!.length).toBeLessThan(all.length)
  })
})

describe("modules' commands", () => {
  test('are what they write, as one batch', async () => {
    expect(
      await effectsOf(
        ['APPLY', 'SET a 1', 'DEL nothing', '3: SET a 2', 'PUBLISH c m', 'HSET h f v'],
        ['APPLY', 'SPOP nothing'],
        ['APPLY', 'PEXPIRE a 1000'],
      ),
    ).toEqual([
      ['0: SET a 1', '3: SET a 2', '0: PUBLISH c m (replica)', '0: HSET h f v'],
      [`0: PEXPIREAT a ${db.clock.now() + 1000}`],
    ])
  })

  test('that fail are nothing, also when they have to be undone', async () => {
    await effectsOf('SET a text')
    expect(
      await effectsOf(
        ['APPLY', 'SET b 1', 'LPUSH a x'],
        ['APPLY', 'APPEND b x', 'INCR a'],
        'GET b',
        ['APPLY', 'NOSUCH'],
        ['APPLY', 'APPEND b x', 'APPEND b y'],
      ),
    ).toEqual([['0: APPEND b x', '0: APPEND b y']])
  })

  test('that have another command answer are that one', async () => {
    expect(
      await effectsOf(
        'INSTEAD SET a 1',
        'INSTEAD GET a',
        ['INSTEAD', ...script("redis.call('SET', 'a', 2) redis.call('SET', 'b', 2)")],
        'INSTEAD LPUSH a x',
      ),
    ).toEqual([['0: SET a 1'], ['0: SET a 2', '0: SET b 2']])
  })

  test('in a script in a transaction belong to its batch', async () => {
    expect(
      await effectsOf(
        'MULTI',
        'SET a 1',
        script(
          "redis.call('APPLY', 'INCR a', 'SADD s x') redis.pcall('APPLY', 'INCR a', 'INCR s') redis.call('SPOP', 's')",
        ),
        ['APPLY', '1: SET a 1', 'SET b 1'],
        'EXEC',
      ),
    ).toEqual([['0: SET a 1', '0: INCR a', '0: SADD s x', '0: SREM s x', '1: SET a 1', '0: SET b 1']])
  })
})
