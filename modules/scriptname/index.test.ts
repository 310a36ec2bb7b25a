import { createHash } from 'node:crypto'
import { openTest, type TestDb, testExamples } from 'krmt/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import scriptname from './index.js'

testExamples(scriptname, test)

const TWO = 'return 1+1'
const PAIR = 'return {KEYS[1], ARGV[1]}'
const INCREMENT = "return redis.call('INCRBY', KEYS[1], ARGV[1])"
const sha = (text: string | Uint8Array): string => createHash('sha1').update(text).digest('hex')

const NO_NAME = 'NONAME Script name not found. Please use SCRIPTNAME SET.'
const NO_SCRIPT = 'NOSCRIPT Target SHA not found. Please use SCRIPT LOAD.'
const WRONG_TYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value'

let db: TestDb<[typeof scriptname]>
beforeEach(async () => {
  db = await openTest({ modules: [scriptname] })
})
afterEach(() => db.close())

async function load(text: string, ...names: string[]): Promise<string> {
  const loaded = String(await db.call('SCRIPT', 'LOAD', text))
  for (const name of names) expect(await db.call('SCRIPTNAME', 'SET', name, loaded)).toBe(name)
  return loaded
}

/** The hashes, in database 0. */
async function kept(): Promise<{ names: unknown; texts: unknown }> {
  const [names, texts] = [
    await db.call('HGETALL', '{scriptname}:names'),
    await db.call('HGETALL', '{scriptname}:texts'),
  ]
  return { names, texts }
}

const errorOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    reply => `no error, but ${JSON.stringify(reply)}`,
    error => String(error.message),
  )

describe('names', () => {
  test('name a script that is loaded, and keep its text', async () => {
    await load(TWO, 'two', 'zwei')
    await load(PAIR, 'pair')
    expect(await db.call('SCRIPTNAME', 'GET', 'two')).toBe(sha(TWO))
    expect(await db.scriptname.get({ name: 'zwei' })).toBe(sha(TWO))
    expect(await kept()).toEqual({
      names: { two: sha(TWO), zwei: sha(TWO), pair: sha(PAIR) },
      texts: { [sha(TWO)]: TWO, [sha(PAIR)]: PAIR },
    })
  })

  test('are case-sensitive bytes, and SHA-1s of any case are one', async () => {
    const name = new Uint8Array([0, 255, 13, 10, 32])
    await load(TWO, 'two', 'TWO')
    expect(await db.callBytes('SCRIPTNAME', 'SET', name, sha(TWO).toUpperCase())).toEqual(name)
    expect(await db.scriptname.get({ name })).toBe(sha(TWO))
    expect(await errorOf(db.call('SCRIPTNAME', 'GET', 'Two'))).toBe(NO_NAME)
    expect(await db.evalname({ name, keys: [] })).toBe(2)
    expect(await db.call('SCRIPTNAME', 'SET', '', sha(TWO))).toBe('')
    expect(await db.call('EVALNAME', '', 0)).toBe(2)
  })

  test('GETALL has them sorted, byte by byte', async () => {
    const names = ['pair', 'Pair', 'a', 'zebra', 'é', 'aa', '10', '9', '']
    await load(TWO, ...names)
    const all = (await db.callBytes('SCRIPTNAME', 'GETALL')) as Map<Uint8Array, Uint8Array>
    const inOrder = names.map(name => Buffer.from(name)).sort(Buffer.compare)
    expect([...all.keys()].map(key => Buffer.from(key))).toEqual(inOrder)
    expect(await db.scriptname.getall()).toMatchObject({ '9': sha(TWO), Pair: sha(TWO) })
    await db.call('FLUSHALL')
    expect(await db.call('SCRIPTNAME', 'GETALL')).toEqual({})
  })

  test('SET of a name that there is gives it to another script', async () => {
    await load(TWO, 'two', 'kept')
    await load(PAIR, 'two')
    expect(await db.call('EVALNAME', 'two', 1, 'k', 'v')).toEqual(['k', 'v'])
    expect(await kept()).toEqual({
      names: { two: sha(PAIR), kept: sha(TWO) },
      texts: { [sha(TWO)]: TWO, [sha(PAIR)]: PAIR },
    })
    // The last name of the first script.
    await load(PAIR, 'kept')
    expect(await kept()).toEqual({ names: { two: sha(PAIR), kept: sha(PAIR) }, texts: { [sha(PAIR)]: PAIR } })
    // Its only name, to the same script again.
    await db.call('SCRIPTNAME', 'DEL', 'two')
    await load(PAIR, 'kept')
    expect(await kept()).toEqual({ names: { kept: sha(PAIR) }, texts: { [sha(PAIR)]: PAIR } })
  })

  test('DEL answers the SHA-1 that it had; the text goes with the last name', async () => {
    await load(TWO, 'two', 'zwei')
    expect(await db.call('SCRIPTNAME', 'DEL', 'two')).toBe(sha(TWO))
    expect(await errorOf(db.call('SCRIPTNAME', 'DEL', 'two'))).toBe(NO_NAME)
    expect((await kept()).texts).toEqual({ [sha(TWO)]: TWO })
    expect(await db.scriptname.del({ name: 'zwei' })).toBe(sha(TWO))
    expect(await kept()).toEqual({ names: {}, texts: {} })
    // The server knows the script until it is told to forget it.
    expect(await db.call('EVALNAME', sha(TWO), 0)).toBe(2)
  })

  test('a script can be named that the server has lost, as long as it has a name', async () => {
    await load(TWO, 'two')
    await db.call('SCRIPT', 'FLUSH')
    expect(await db.call('SCRIPTNAME', 'SET', 'zwei', sha(TWO))).toBe('zwei')
    expect(await db.call('EVALNAME', 'zwei', 0)).toBe(2)
  })

  test.each([
    [['SCRIPTNAME'], "ERR wrong number of arguments for 'scriptname' command"],
    [['SCRIPTNAME', 'SET', 'two'], "ERR wrong number of arguments for 'scriptname|set' command"],
    [['SCRIPTNAME', 'SET', 'two', 'x', 'y'], "ERR wrong number of arguments for 'scriptname|set' command"],
    [['SCRIPTNAME', 'GET'], "ERR wrong number of arguments for 'scriptname|get' command"],
    [['SCRIPTNAME', 'GETALL', 'two'], "ERR wrong number of arguments for 'scriptname|getall' command"],
    [['SCRIPTNAME', 'DEL'], "ERR wrong number of arguments for 'scriptname|del' command"],
    [['SCRIPTNAME', 'FOO', 'bar'], 'ERR Unknown scriptName subcommand or arg count'],
    [['SCRIPTNAME', 'SET', 'x', 'short'], NO_SCRIPT],
    [['SCRIPTNAME', 'SET', 'x', 'x'.repeat(40)], NO_SCRIPT],
    [['SCRIPTNAME', 'SET', 'x', sha('never loaded')], NO_SCRIPT],
    [['SCRIPTNAME', 'GET', 'x'], NO_NAME],
    [['SCRIPTNAME', 'DEL', 'x'], NO_NAME],
  ])('%j is an error, and nothing changes', async (argv, error) => {
    await load(TWO, 'two')
    const before = await kept()
    expect(await errorOf(db.call(...argv))).toBe(error)
    expect(await kept()).toEqual(before)
  })
})

describe('EVALNAME', () => {
  test('runs a script as EVALSHA does: its reply, its errors, its keys and arguments', async () => {
    await load(TWO, 'two')
    await load(PAIR, 'pair')
    await load("return redis.error_reply('MINE my own error')", 'failing')
    await load("return redis.call('INCR', 'text')", 'wrong')
    await db.call('SET', 'text', 'x')
    const calls = [
      ['two', 0],
      ['pair', 1, 'k', new Uint8Array([0, 255])],
      ['pair', 0],
      ['pair', 2, 'a', 'b'],
      ['failing', 0],
      ['wrong', 0],
      ['two', 'x'],
      ['two', -1],
      ['two', 1],
      ['two', '9223372036854775808'],
    ] as const
    for (const [name, ...rest] of calls) {
      const bySha = String(await db.call('SCRIPTNAME', 'GET', name))
      const answered = (command: string, word: string) =>
        db.callBytes(command, word, ...rest).catch(error => ({ error: error.message }))
      for (const suffix of ['', '_RO']) {
        const expected = await answered(`EVALSHA${suffix}`, bySha)
        expect(await answered(`EVALNAME${suffix}`, name), `${name} ${rest}`).toEqual(expected)
        expect(await answered(`EVALNAME${suffix}`, bySha.toUpperCase()), `${name} ${rest}`).toEqual(expected)
      }
    }
    expect(await db.evalname({ name: 'pair', keys: ['k'], args: ['v'] })).toEqual(['k', 'v'])
  })

  test.each([
    [['EVALNAME'], "ERR wrong number of arguments for 'evalname' command"],
    [['EVALNAME', 'two'], "ERR wrong number of arguments for 'evalname' command"],
    [['EVALNAME_RO', 'two'], "ERR wrong number of arguments for 'evalname_ro' command"],
    [['EVALNAME', 'nope', '0'], NO_SCRIPT],
    [['EVALNAME', 'TWO', '0'], NO_SCRIPT],
    [['EVALNAME', 'nope', 'x'], 'ERR value is not an integer or out of range'],
    [['EVALNAME', sha('never loaded'), '0'], NO_SCRIPT],
    [['EVALNAME_RO', 'nope', '0'], NO_SCRIPT],
  ])('%j is an error', async (argv, error) => {
    await load(TWO, 'two')
    expect(await errorOf(db.call(...argv))).toBe(error)
  })

  test('EVALNAME_RO lets no script write', async () => {
    await load(INCREMENT, 'increment')
    expect(await db.call('EVALNAME', 'increment', 1, 'n', 5)).toBe(5)
    expect(await errorOf(db.call('EVALNAME_RO', 'increment', 1, 'n', 5))).toContain(
      'ERR Write commands are not allowed from read-only scripts.',
    )
    expect(await db.call('GET', 'n')).toBe('5')
  })

  test('a name that is a SHA-1 itself comes first', async () => {
    await load(PAIR)
    await db.call('SCRIPTNAME', 'SET', sha(TWO), sha(PAIR))
    await load(TWO)
    expect(await db.call('EVALNAME', sha(TWO), 1, 'k', 'v')).toEqual(['k', 'v'])
    expect(await db.call('EVALNAME', sha(TWO).toUpperCase(), 0)).toBe(2)
  })

  test('is found and routed as EVALSHA is', async () => {
    for (const suffix of ['', '_ro']) {
      const [[name, arity, flags, ...rest], [_, arityOfSha, flagsOfSha, ...restOfSha]] = (await db.call(
        'COMMAND',
        'INFO',
        `evalname${suffix}`,
        `evalsha${suffix}`,
      )) as unknown[][] as [[string, number, string[], ...unknown[]], [string, number, string[], ...unknown[]]]
      expect(name).toBe(`evalname${suffix}`)
      expect(arity).toBe(arityOfSha)
      expect([...flags].sort()).toEqual([...flagsOfSha, 'module'].sort())
      // First, last and step; categories, tips; the key specs.
      expect(rest.slice(0, 3)).toEqual(restOfSha.slice(0, 3))
      expect(rest[5]).toEqual(restOfSha[5])
    }
    const keysOf = (...argv: string[]) => db.call('COMMAND', 'GETKEYS', ...argv)
    expect(await keysOf('EVALNAME', 'two', '2', 'a', 'b', 'c')).toEqual(['a', 'b'])
    expect(await keysOf('EVALNAME_RO', 'two', '1', 'a', 'b', 'c')).toEqual(['a'])
    expect(await keysOf('EVALNAME', 'two', '0', 'c')).toEqual(await keysOf('EVALSHA', 'two', '0', 'c'))
  })

  test('a script that takes long answers later, and can be killed', async () => {
    await db.call('CONFIG', 'SET', 'busy-reply-threshold', 1)
    await load("local n = 0 for i = 1, 2000000 do n = n + 1 end return 'done'", 'slow')
    await load('while true do end', 'endless')
    const slow = db.call('EVALNAME', 'slow', 0)
    const behind = db.call('PING')
    expect(db.engine.scripting.busy).toBeDefined()
    expect(await errorOf(db.callBytes('GET', 'k'))).toMatch(/^BUSY /)
    expect([await slow, await behind]).toEqual(['done', 'PONG'])

    const endless = errorOf(db.call('EVALNAME', 'endless', 0))
    await db.callBytes('SCRIPT', 'KILL')
    expect(await endless).toMatch(/^ERR .*killed/i)

    await db.call('MULTI')
    for (const name of ['slow', 'nope', 'slow']) await db.call('EVALNAME', name, 0)
    expect(await db.call('EXEC')).toEqual(['done', expect.objectContaining({ message: NO_SCRIPT }), 'done'])
  })

  test('is not for scripts, and neither is SCRIPTNAME', async () => {
    await load(TWO, 'two')
    for (const line of ["'EVALNAME', 'two', 0", "'EVALNAME_RO', 'two', 0", "'SCRIPTNAME', 'GET', 'two'"]) {
      expect(await errorOf(db.call('EVAL', `return redis.call(${line})`, 0)), line).toContain(
        'This Redis command is not allowed from script',
      )
    }
  })
})

describe('names and texts are data', () => {
  test('they survive SCRIPT FLUSH', async () => {
    await load(INCREMENT, 'increment')
    await db.call('SCRIPT', 'FLUSH')
    expect(await errorOf(db.call('EVALSHA', sha(INCREMENT), 1, 'n', 1))).toMatch(/^NOSCRIPT /)
    expect(await db.call('EVALNAME', 'increment', 1, 'n', 1)).toBe(1)
    // The server knows it again.
    expect(await db.call('EVALSHA', sha(INCREMENT), 1, 'n', 1)).toBe(2)
    await db.call('SCRIPT', 'FLUSH')
    expect(await db.call('EVALNAME', sha(INCREMENT).toUpperCase(), 1, 'n', 1)).toBe(3)
    await db.call('SCRIPT', 'FLUSH')
    expect(await db.call('EVALNAME_RO', 'increment', 0).catch(error => error.message)).toMatch(/^ERR /)
    expect(await db.call('SCRIPT', 'EXISTS', sha(INCREMENT))).toEqual([1])
  })

  test('and a reload of the module, and its absence', async () => {
    const other = await openTest({ modules: ['scriptname'] })
    await other.call('SCRIPT', 'LOAD', TWO)
    await other.call('SCRIPTNAME', 'SET', 'two', sha(TWO))
    await other.load('scriptname')
    expect(await other.call('EVALNAME', 'two', 0)).toBe(2)
    await other.unload('sh.matt.scriptName')
    expect(await errorOf(other.call('EVALNAME', 'two', 0))).toMatch(/^ERR unknown command/)
    await other.call('SCRIPT', 'FLUSH')
    await other.load('scriptname')
    expect(await other.call('EVALNAME', 'two', 0)).toBe(2)
    await other.close()
  })

  test('what is written are commands that any Redis can replay', async () => {
    const written: string[][] = []
    db.engine.host.onEffects = effects => written.push(...effects.map(argv => [...argv]))
    await load(TWO, 'two', 'zwei')
    await db.call('SELECT', 3)
    await load(PAIR, 'two')
    await db.call('SCRIPTNAME', 'DEL', 'zwei')
    expect(written).toEqual([
      ['HSET', '{scriptname}:names', 'two', sha(TWO)],
      ['HSET', '{scriptname}:texts', sha(TWO), TWO],
      ['HSET', '{scriptname}:names', 'zwei', sha(TWO)],
      ['SELECT', '0'],
      ['HSET', '{scriptname}:names', 'two', sha(PAIR)],
      ['HSET', '{scriptname}:texts', sha(PAIR), PAIR],
      ['SELECT', '0'],
      ['HDEL', '{scriptname}:names', 'zwei'],
      ['HDEL', '{scriptname}:texts', sha(TWO)],
    ])
    const restarted = await openTest({ modules: [scriptname] })
    for (const argv of written) await restarted.call(...argv)
    expect(await restarted.call('SCRIPT', 'EXISTS', sha(PAIR))).toEqual([0])
    expect(await restarted.call('EVALNAME', 'two', 1, 'k', 'v')).toEqual(['k', 'v'])
    await restarted.close()
  })

  test('they are in database 0, and scripts run in the database of the client', async () => {
    await db.call('SELECT', 5)
    await load(INCREMENT, 'increment')
    expect(await db.call('DBSIZE')).toBe(0)
    expect(await db.call('EVALNAME', 'increment', 1, 'n', 1)).toBe(1)
    expect(await db.call('GET', 'n')).toBe('1')
    await db.call('SCRIPT', 'FLUSH')
    expect(await db.call('EVALNAME', 'increment', 1, 'n', 1)).toBe(2)
    await db.call('SELECT', 0)
    expect(await db.call('KEYS', '*')).toEqual(expect.arrayContaining(['{scriptname}:names', '{scriptname}:texts']))
    expect(await db.call('EVALNAME', 'increment', 1, 'n', 7)).toBe(7)
  })

  test('FLUSHALL forgets them', async () => {
    await load(TWO, 'two')
    await db.call('FLUSHALL')
    expect(await errorOf(db.call('SCRIPTNAME', 'GET', 'two'))).toBe(NO_NAME)
    expect(await errorOf(db.call('EVALNAME', 'two', 0))).toBe(NO_SCRIPT)
  })

  test('WATCH sees them change, from any database', async () => {
    await load(TWO, 'two')
    for (const change of [
      ['SCRIPTNAME', 'SET', 'other', sha(TWO)],
      ['SCRIPTNAME', 'DEL', 'other'],
    ]) {
      await db.call('WATCH', '{scriptname}:names')
      await db.callBytes('SELECT', 2)
      await db.callBytes(...change)
      await db.call('MULTI')
      await db.call('PING')
      expect(await db.call('EXEC')).toBe(null)
    }
    await db.call('WATCH', '{scriptname}:names', '{scriptname}:texts')
    await db.callBytes('EVALNAME', 'two', '0')
    await db.callBytes('SCRIPTNAME', 'GETALL')
    await db.call('MULTI')
    await db.call('PING')
    expect(await db.call('EXEC')).toEqual(['PONG'])
  })

  test('MULTI holds them up until EXEC', async () => {
    await db.call('SCRIPT', 'LOAD', TWO)
    await db.call('MULTI')
    await db.call('SCRIPTNAME', 'SET', 'two', sha(TWO))
    await db.call('EVALNAME', 'two', '0')
    await db.call('SCRIPTNAME', 'DEL', 'two')
    await db.call('EVALNAME', 'two', '0')
    expect(await db.call('EXEC')).toEqual(['two', 2, sha(TWO), expect.objectContaining({ message: NO_SCRIPT })])
  })

  test('other things under their keys are errors, not accidents', async () => {
    await load(TWO, 'two')
    await db.call('HSET', '{scriptname}:names', 'broken', 'no sha', 'lost', sha('lost'))
    await db.call('HSET', '{scriptname}:texts', sha('another'), TWO)
    await db.call('HSET', '{scriptname}:names', 'another', sha('another'))
    await db.call('HSET', '{scriptname}:texts', sha('return ('), 'return (')
    expect(await errorOf(db.call('EVALNAME', 'broken', 0))).toBe(NO_SCRIPT)
    expect(await errorOf(db.call('EVALNAME', 'lost', 0))).toBe(NO_SCRIPT)
    expect(await errorOf(db.call('EVALNAME', 'another', 0))).toBe(
      `ERR the text that is kept for script ${sha('another')} is that of another one`,
    )
    expect(await errorOf(db.call('EVALNAME', sha('return ('), 0))).toMatch(/^ERR Error compiling script/)
    expect(await db.call('SCRIPTNAME', 'DEL', 'broken')).toBe('no sha')

    for (const key of ['{scriptname}:names', '{scriptname}:texts']) {
      await db.call('FLUSHALL')
      await db.call('SET', key, 'x')
      expect(await errorOf(db.call('SCRIPTNAME', 'SET', 'two', sha(TWO))), key).toBe(WRONG_TYPE)
      expect(await db.call('DBSIZE'), key).toBe(1)
    }
    await db.call('DEL', '{scriptname}:texts')
    await db.call('SET', '{scriptname}:names', 'x')
    for (const line of ['SCRIPTNAME GET two', 'SCRIPTNAME GETALL', 'SCRIPTNAME DEL two', 'EVALNAME two 0']) {
      expect(await errorOf(db.call(...line.split(' '))), line).toBe(WRONG_TYPE)
    }
  })

  test('a script of any bytes', async () => {
    const text = Buffer.from("return '\xff\xfe\x01'", 'latin1')
    await db.call('SCRIPT', 'LOAD', text)
    await db.call('SCRIPTNAME', 'SET', 'bytes', sha(text))
    await db.call('SCRIPT', 'FLUSH')
    expect(await db.callBytes('EVALNAME', 'bytes', 0)).toEqual(new Uint8Array([255, 254, 1]))
  })
})
