import { createHash } from 'node:crypto'
import {
  type AnyCommand,
  type CommandFlag,
  command,
  defineModule,
  type ReplyValue,
  reply,
  type ScriptToRun,
  t,
  type WriteContext,
} from 'krmt/module'
import { openTest, type TestDb } from 'krmt/testing'
import { afterEach, describe, expect, test } from 'vitest'

let db: TestDb<[]>
afterEach(() => db.close())

async function openWith(...commands: readonly AnyCommand[]): Promise<void> {
  const module = defineModule({ name: 'test', version: '1.0.0', requires: '^1.1', commands })
  db = (await openTest({ modules: [module] })) as TestDb<[]>
}

/** A command DO, with such flags, that does what a test wants with its words. */
function doing(
  flags: readonly CommandFlag[],
  run: (context: WriteContext, words: readonly string[]) => ReplyValue,
): AnyCommand {
  const args = { words: t.zeroOrMore(t.text()) }
  const made = command({
    name: 'do',
    summary: 'Does it.',
    flags,
    args,
    run: ({ words }, context) => run(context as WriteContext, words),
  })
  return made as unknown as AnyCommand
}

const sha = (text: string): string => createHash('sha1').update(text).digest('hex')
const script = (text: string, ...words: (string | number)[]) => db.call('EVAL', text, 0, ...words)
const errorOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    reply => `no error, but ${JSON.stringify(reply)}`,
    error => String(error.message),
  )

describe('a command of a module that a script calls', () => {
  test('answers and writes as for any client, in its database', async () => {
    await openWith(
      doing(['write'], ({ read, write }, [key = '', value = '']) => {
        const before = read.string(key).get()
        write.string(key).set(value)
        write.hash('log').increment(key)
        return ['was', before, 1, 2n ** 40n, reply.ok, null, true]
      }),
    )
    await db.call('SELECT', 2)
    await db.call('SET', 'k', 'old')
    expect(
      await script(
        `
        local was = redis.call('DO', 'k', ARGV[1])
        local ok = was[5]['ok']
        return {was[1], was[2], was[3], was[4], ok, was[6] == false, was[7], redis.call('GET', 'k'), redis.call('HGET', 'log', 'k')}
      `,
        'new',
      ),
    ).toEqual(['was', 'old', 1, 2 ** 40, 'OK', 1, 1, 'new', '1'])
    expect(await db.call('GET', 'k')).toBe('new')
    await db.call('SELECT', 0)
    expect(await db.call('EXISTS', 'k', 'log')).toBe(0)
  })

  test('sees what the script has written before it, and the script what it has', async () => {
    await openWith(
      doing(['write'], ({ read, write }) => {
        const n = Number(read.string('n').get()) + 1
        write.string('n').set(n)
        return n
      }),
    )
    const loop = "redis.call('SET', 'n', 10) for i = 1, 5 do redis.call('DO') end return redis.call('GET', 'n')"
    expect(await script(loop)).toBe('15')
  })

  test('answers in RESP3 to a script that asks for it', async () => {
    await openWith(doing([], () => [reply.map({ a: 1.5 }), reply.set(['x']), true, reply.double(2), null]))
    expect(
      await script(`
        redis.setresp(3)
        local r = redis.call('DO')
        return {r[1]['map']['a']['double'] * 2, r[2]['set']['x'] and 1 or 0, r[3] and 1 or 0, r[4]['double'], r[5] == nil and 1 or 0}
      `),
    ).toEqual([3, 1, 1, 2, 1])
    expect(
      await script("local r = redis.call('DO') return {r[1][1], r[1][2], r[2][1], r[3], r[4], r[5] == false}"),
    ).toEqual(['a', '1.5', 'x', 1, '2', 1])
  })

  test('ends the script with its error, which pcall catches; then nothing of it has been written', async () => {
    await openWith(
      doing(['write'], ({ read, write }, [key = '']) => {
        write.string('written').set('x')
        return read.hash(key).size
      }),
    )
    await db.call('SET', 'text', 'x')
    const wrongType = 'WRONGTYPE Operation against a key holding the wrong kind of value'
    expect(await errorOf(script("return redis.call('DO', 'text')"))).toContain(wrongType)
    expect(await errorOf(script("return redis.pcall('DO', 'text')"))).toBe(wrongType)
    expect(await script("return redis.pcall('DO', 'text')['err']")).toBe(wrongType)
    expect(await db.call('EXISTS', 'written')).toBe(0)
    expect(await script("redis.pcall('DO', 'text') return redis.call('DO', 'none')")).toBe(0)
    expect(await db.call('EXISTS', 'written')).toBe(1)
  })

  test('a fault of it is an error reply, and the script can go on', async () => {
    await openWith(
      doing([], () => {
        throw new TypeError('oh')
      }),
    )
    expect(await script("return redis.pcall('DO')['err']")).toBe("ERR internal error in 'do': oh")
    expect(await db.call('PING')).toBe('PONG')
  })

  test('tells of what is wrong with the call', async () => {
    await openWith(
      command({
        name: 'exact',
        summary: 'Takes an integer.',
        flags: [],
        args: { n: t.integer() },
        run: ({ n }) => n,
      }) as unknown as AnyCommand,
    )
    expect(await script("return redis.call('EXACT', 5)")).toBe(5)
    expect(await errorOf(script("return redis.call('EXACT', 'x')"))).toContain(
      'ERR value is not an integer or out of range',
    )
    expect(await errorOf(script("return redis.call('EXACT')"))).toContain(
      'Wrong number of args calling Redis command from script',
    )
  })

  test('with the flag noscript is refused', async () => {
    await openWith(doing(['noscript'], () => 'done'))
    expect(await errorOf(script("return redis.call('DO')"))).toContain('This Redis command is not allowed from script')
    expect(await db.call('DO')).toBe('done')
  })

  test('with the flag write is refused to a script that may only read', async () => {
    await openWith(doing(['write'], () => 'done'))
    expect(await errorOf(db.call('EVAL_RO', "return redis.call('DO')", 0))).toContain(
      'Write commands are not allowed from read-only scripts.',
    )
  })

  test('without it writes nothing, whatever it tries', async () => {
    await openWith(
      doing([], ({ write }) => {
        write.string('written').set('x')
        return reply.ok
      }),
    )
    const refusal = "ERR internal error in 'do': do writes, and its flags do not have 'write'"
    expect(await errorOf(db.call('DO'))).toBe(refusal)
    expect(await errorOf(db.call('EVAL_RO', "return redis.pcall('DO')", 0))).toBe(refusal)
    expect(await db.call('EXISTS', 'written')).toBe(0)
  })

  test('can forward, but not to what scripts may not call', async () => {
    await openWith(doing([], ({ forward }, words) => forward(...words)))
    expect(await script("return redis.call('DO', 'ECHO', 'hello')")).toBe('hello')
    for (const words of [
      "'EVAL', 'return 1', 0",
      `'EVALSHA', '${sha('return 1')}', 0`,
      "'SCRIPT', 'LOAD', 'return 5'",
      "'SCRIPT', 'FLUSH'",
    ]) {
      const name = /'(\w+)'/.exec(words)?.[1]
      expect(await errorOf(script(`return redis.pcall('DO', ${words})`)), words).toBe(
        `ERR a command that a script has called cannot forward to '${name}'`,
      )
    }
    expect(await db.call('DO', 'EVAL', 'return 1', 0)).toBe(1)
    expect(await db.call('DO', 'SCRIPT', 'LOAD', 'return 1')).toBe(sha('return 1'))
  })

  test('cannot run a script, and its text is not even asked for', async () => {
    let asked = 0
    const text = () => {
      asked++
      return 'return 1'
    }
    await openWith(doing([], ({ forward }) => forward.script({ sha: sha('return 1'), text })))
    const refusal = "ERR a command that a script has called cannot forward to 'EVALSHA'"
    expect(await errorOf(script("return redis.pcall('DO')"))).toBe(refusal)
    expect(asked).toBe(0)
    expect(await db.call('DO')).toBe(1)
    expect(await errorOf(script("return redis.pcall('DO')"))).toBe(refusal)
    expect(await db.call('PING')).toBe('PONG')
  })
})

describe('read.call', () => {
  test.each(['EVAL_RO', 'EVALSHA_RO'])('runs no script: %s', async name => {
    await openWith(doing(['readonly'], ({ read }, words) => read.call(...words) as ReplyValue))
    expect(await errorOf(db.call('DO', name, 'return 1', 0))).toBe(
      `ERR read.call('${name}') is not allowed in a module`,
    )
    expect(await db.call('DO', 'EXISTS', 'k')).toBe(0)
  })
})

describe('read.script', () => {
  test('gives the texts of scripts that are loaded', async () => {
    await openWith(doing(['readonly'], ({ read }, [word = '']) => read.script(word)))
    const text = "return 'é'"
    expect(await db.call('DO', sha(text))).toBe(null)
    await db.call('EVAL', text, 0)
    expect(await db.call('DO', sha(text))).toBe(text)
    expect(await db.call('DO', sha(text).toUpperCase())).toBe(text)
    expect(await db.call('DO', 'short')).toBe(null)
    await db.call('SCRIPT', 'FLUSH')
    expect(await db.call('DO', sha(text))).toBe(null)
  })
})

describe('forward.script', () => {
  const TEXT = "redis.call('SET', 'ran', 'x') return {KEYS[1] or 'none', ARGV[1] or 'none'}"
  const forwarding = (given: Omit<ScriptToRun, 'sha'> & { sha?: string }, flags: readonly CommandFlag[] = []) =>
    doing(flags, ({ forward }) => forward.script({ sha: sha(TEXT), ...given }))

  test('asks for the text only when the script is not known', async () => {
    let asked = 0
    await openWith(
      doing([], ({ read, forward }, [key = '']) =>
        forward.script({
          sha: sha(TEXT).toUpperCase(),
          text: () => {
            asked++
            return read.string('kept').get()
          },
          keys: [key],
          args: [1.5, 'ignored'],
        }),
      ),
    )
    await db.call('SET', 'kept', TEXT)
    expect(await db.call('DO', 'k')).toEqual(['k', '1.5'])
    expect(await db.call('DO', 'k')).toEqual(['k', '1.5'])
    expect(asked).toBe(1)
    await db.call('SCRIPT', 'FLUSH')
    expect(await db.call('DO', 'k')).toEqual(['k', '1.5'])
    expect(asked).toBe(2)
  })

  test.each<[string, Omit<ScriptToRun, 'sha'> & { sha?: string }, string]>([
    ['no text', {}, 'NOSCRIPT No matching script. Please use EVAL.'],
    ['text that is null', { text: () => null }, 'NOSCRIPT No matching script. Please use EVAL.'],
    [
      "another script's text",
      { text: () => 'return 1' },
      `ERR the text that is kept for script ${sha(TEXT)} is that of another one`,
    ],
    [
      'a text that does not compile',
      { sha: sha('return ('), text: () => 'return (' },
      "ERR Error compiling script (new function): user_script:1: unexpected symbol near '<eof>'",
    ],
    [
      'what is no text',
      { text: (() => 5) as never },
      `ERR internal error in 'do': the text of script ${sha(TEXT)} must be text or bytes, not the number 5`,
    ],
    [
      'what is no SHA-1',
      { sha: 'short' },
      'ERR internal error in \'do\': the sha of forward.script() must be 40 hex digits, not the text "short"',
    ],
    [
      'keys that are none',
      { keys: [5 as never] },
      "ERR internal error in 'do': key 0 of forward.script() must be text or bytes, not the number 5",
    ],
  ])('%s is an error', async (_, given, error) => {
    await openWith(forwarding(given))
    expect(await errorOf(db.call('DO'))).toBe(error)
    expect(await db.call('PING')).toBe('PONG')
  })

  test('an error that the text throws is the reply', async () => {
    const text = (): never => {
      throw new Error('oh')
    }
    await openWith(forwarding({ text }))
    expect(await errorOf(db.call('DO'))).toBe("ERR internal error in 'do': oh")
    expect(db.engine.host.current()).toBeUndefined()
  })

  test('readOnly lets the script only read', async () => {
    await openWith(forwarding({ text: () => TEXT, readOnly: true }, ['readonly']))
    expect(await errorOf(db.call('DO'))).toContain('Write commands are not allowed from read-only scripts.')
    expect(await db.call('EXISTS', 'ran')).toBe(0)
  })

  test.each<[string, AnyCommand]>([
    ['EVALSHA', forwarding({ text: () => TEXT }, ['readonly'])],
    ['EVALSHA', doing(['readonly'], ({ forward }) => forward('EVALSHA', sha(TEXT), 0))],
    ['EVAL', doing(['readonly'], ({ forward }) => forward('EVAL', TEXT, 0))],
  ])('a command that is readonly cannot run what may write: %s', async (name, command) => {
    await openWith(command)
    const refusal = `ERR a command with the flag 'readonly' cannot forward to '${name}': a script may write`
    expect(await errorOf(db.call('DO'))).toBe(refusal)
    expect(await db.call('SCRIPT', 'EXISTS', sha(TEXT))).toEqual([0])
    await db.call('SCRIPT', 'LOAD', TEXT)
    expect(await errorOf(db.call('DO'))).toBe(refusal)
    expect(await db.call('EXISTS', 'ran')).toBe(0)
  })

  test('a command cannot both write and forward', async () => {
    let asked = 0
    await openWith(
      doing(['write'], ({ write, forward }) => {
        write.string('written').set('x')
        return forward.script({ sha: sha(TEXT), text: () => `${asked++}` })
      }),
    )
    expect(await errorOf(db.call('DO'))).toBe(
      "ERR internal error in 'do': do cannot both write and forward to a script",
    )
    expect([asked, await db.call('DBSIZE')]).toEqual([0, 0])
  })

  test('a script that takes long answers later, and nothing is written after it', async () => {
    const slow = "for i = 1, 2000000 do end redis.call('INCR', 'n') return redis.call('DO', 'in', 'script')"
    await openWith(
      doing(['write'], ({ write, forward }, words) => {
        if (words.length === 0) return forward.script({ sha: sha(slow), text: () => slow })
        write.string('said').set(words.join(' '))
        return words.length
      }),
    )
    await db.call('CONFIG', 'SET', 'busy-reply-threshold', 1)
    const answers = [db.call('DO'), db.call('GET', 'said')]
    expect(db.engine.scripting.busy).toBeDefined()
    expect(await errorOf(db.callBytes('DO', 'x'))).toMatch(/^BUSY /)
    expect(await Promise.all(answers)).toEqual([2, 'in script'])
    await db.call('MULTI')
    for (const argv of [['DO'], ['GET', 'n'], ['DO']]) await db.call(...argv)
    expect(await db.call('EXEC')).toEqual([2, '2', 2])
  })
})
