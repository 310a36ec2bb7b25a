import { beforeEach, describe, expect, test } from 'vitest'
import { builtinCommands } from '../commands/builtin.js'
import { Config } from '../config/config.js'
import { ReplyError } from '../errors.js'
import type { Command } from '../registry/command.js'
import { WireWriter } from '../resp/wire-writer.js'
import type { Client } from './client.js'
import type { Clock } from './clock.js'
import { execute } from './dispatch.js'
import { Engine } from './engine.js'
import { silentLog } from './log.js'

/** A clock that stands still until it is moved. */
let now: number
let timers: { at: number; run: () => void }[]
const clock: Clock = {
  now: () => now,
  monotonic: () => now,
  after: (milliseconds, run) => {
    timers.push({ at: now + milliseconds, run })
    return { cancel() {} }
  },
}

function pass(milliseconds: number): void {
  now += milliseconds
  const due = timers.filter(({ at }) => at <= now)
  timers = timers.filter(({ at }) => at > now)
  for (const { run } of due) run()
}

let engine: Engine
let client: Client
let writer: WireWriter
/** Ends the command LATER that is under way. */
let end: (error?: unknown) => void

beforeEach(() => {
  now = 1_700_000_000_000
  timers = []
  engine = new Engine({
    config: new Config({ dir: '/' }),
    clock,
    random: () => 0.5,
    log: silentLog,
    builtins: [
      ...builtinCommands,
      {
        name: 'later',
        summary: 'Answers when it is told to.',
        since: '1.0.0',
        group: 'server',
        complexity: 'O(1)',
        arity: 1,
        flags: [],
        run: later => {
          const work = new Promise<void>((resolve, reject) => {
            end = error => (error === undefined ? resolve() : reject(error))
          })
          later.answerLater(work.then(() => later.reply.ok()))
        },
      },
    ],
  })
  writer = new WireWriter(() => {})
  client = engine.connect(writer)
})

const statsOf = (name: string): Command['stats'] => engine.commands.lookup(name)!.stats
const replied = (): string => writer.take().join('')

/** Runs a command of a client that has nothing else to do; gives the reply, once there is one. */
function run(...argv: string[]): Promise<string> {
  engine.tick()
  return new Promise(resolve => {
    client.onResume = () => resolve(replied())
    execute(client, argv)
    if (!client.waiting) resolve(replied())
  })
}

describe('a command that answers later', () => {
  test('counts when it has answered, with the time that it took', async () => {
    const reply = run('LATER')
    now += 30
    expect(statsOf('later')).toMatchObject({ calls: 0, microseconds: 0 })
    expect(engine.slowlog.entries).toEqual([])
    end()
    expect(await reply).toBe('+OK\r\n')
    expect(statsOf('later')).toMatchObject({ calls: 1, microseconds: 30_000, failed: 0 })
    expect(engine.slowlog.entries).toMatchObject([{ argv: ['LATER'], microseconds: 30_000, at: 1_700_000_000 }])
  })

  test.each([
    ['ok', undefined],
    ['an error', new ReplyError('OOPS it went wrong')],
  ])('is kept back by CLIENT REPLY SKIP, %s, and the one behind it is not', async (_, error) => {
    expect(await run('CLIENT', 'REPLY', 'SKIP')).toBe('')
    const reply = run('LATER')
    end(error)
    expect(await reply).toBe('')
    expect(await run('ECHO', 'x')).toBe('$1\r\nx\r\n')
    expect(statsOf('later').calls).toBe(1)
  })

  test('what others do meanwhile does not count for it, nor it for them', async () => {
    const reply = run('LATER')
    now += 30
    const other = engine.connect(new WireWriter(() => {}))
    engine.tick()
    execute(other, ['PING'])
    expect(statsOf('ping')).toMatchObject({ calls: 1, microseconds: 0 })
    now += 10
    end()
    await reply
    expect(statsOf('later').microseconds).toBe(40_000)
    expect(engine.slowlog.entries.map(({ argv }) => argv)).toEqual([['LATER']])
  })

  test('one that fails counts as failed, and its error once', async () => {
    const reply = run('LATER')
    end(new ReplyError('OOPS it went wrong'))
    expect(await reply).toBe('-OOPS it went wrong\r\n')
    expect(statsOf('later')).toMatchObject({ calls: 1, failed: 1 })
    expect([...engine.stats.errors]).toEqual([['OOPS', 1]])
    expect(engine.stats.errorReplies).toBe(1)
  })

  test('an error that is none for clients is answered as that of any command', async () => {
    const reply = run('LATER')
    end(new TypeError('x is undefined'))
    expect(await reply).toBe("-ERR internal error in 'later': x is undefined\r\n")
    expect(statsOf('later').failed).toBe(1)
  })

  test('the one after it is accounted for by itself', async () => {
    const first = run('LATER')
    end(new ReplyError('ERR no'))
    await first
    expect(await run('PING')).toBe('+PONG\r\n')
    const second = run('LATER')
    end()
    expect(await second).toBe('+OK\r\n')
    expect(statsOf('later')).toMatchObject({ calls: 2, failed: 1 })
  })

  test('MONITOR shows it when it is called', async () => {
    const monitor = new WireWriter(() => {})
    execute(engine.connect(monitor), ['MONITOR'])
    expect(monitor.take()).toEqual(['+OK\r\n'])
    const reply = run('LATER')
    expect(monitor.take().join('')).toMatch(/^\+.* "LATER"\r\n$/)
    end()
    await reply
    expect(monitor.take()).toEqual([])
  })

  test('WAIT counts at once, and once: to wait is no work', async () => {
    const reply = run('WAIT', '1', '100')
    expect(client.waiting).toBe(true)
    expect(statsOf('wait')).toMatchObject({ calls: 1, microseconds: 0 })
    pass(100)
    expect(await reply).toBe(':0\r\n')
    expect(statsOf('wait')).toMatchObject({ calls: 1, microseconds: 0 })
    expect(engine.slowlog.entries).toEqual([])
    // What the client calls next may well be work.
    const later = run('LATER')
    expect(statsOf('later').calls).toBe(0)
    end()
    await later
    expect(statsOf('later').calls).toBe(1)
  })
})
