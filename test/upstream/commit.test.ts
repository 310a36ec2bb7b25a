import { execFileSync } from 'node:child_process'
import { open, ReplyError, type UpstreamDb } from 'krmt'
import { command, defineModule, type WriteContext } from 'krmt/module'
import hmsetif from 'krmt/modules/hmsetif'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { connect, type RespClient } from '../support/resp-client.js'

/** What DO does in a test. */
let act: (context: WriteContext) => string | number | null = () => null

const doer = defineModule({
  name: 'doer',
  version: '1.0.0',
  requires: '^1',
  commands: [
    command({
      name: 'do',
      summary: 'Does what a test wants.',
      flags: ['write'],
      run: (_args, context) => act(context),
    }),
    command({
      name: 'look',
      summary: 'Does what a test wants, and must not write.',
      flags: ['readonly'],
      run: (_args, context) => act(context as WriteContext),
    }),
  ],
})
const modules = [doer, hmsetif] as const

describeWithRedis('a commit', () => {
  let server: RedisServer
  let db: UpstreamDb<typeof modules>
  /** Somebody else. */
  let other: RespClient
  const logged: string[] = []
  const note = (text: string): void => void logged.push(text)

  beforeAll(async () => {
    server = await startRedisServer()
    db = await open(`unix:${server.socketPath}`, {
      modules,
      upstreamRetries: 3,
      log: { debug: note, verbose: note, notice: note, warning: note },
    })
    other = await connect({ path: server.socketPath })
  })
  afterAll(async () => {
    await other?.close()
    await db?.close()
    await server?.stop()
  })
  beforeEach(async () => {
    await other.send('FLUSHALL')
  })

  test('applies all effects, in their order', async () => {
    act = ({ write }) => {
      write.hash('hash').set('field', 'a')
      write.hash('hash').set('field', 'b')
      write.string('string').set('x')
      write.key('string').delete()
      write.sortedSet('zset').add('member', 1.5)
      return 'done'
    }
    expect(await db.do()).toBe('done')
    expect(await db.call('HGETALL', 'hash')).toEqual({ field: 'b' })
    expect(await db.call('EXISTS', 'string')).toBe(0)
    expect(await db.call('ZSCORE', 'zset', 'member')).toBe(1.5)
  })

  test('publishes', async () => {
    let heard = (_: string): void => {}
    const message = new Promise<string>(resolve => {
      heard = resolve
    })
    const stop = await db.subscribe('news', text => heard(text))
    act = ({ write }) => {
      write.string('key').set('value')
      write.publish('news', 'hello')
      return null
    }
    await db.do()
    expect(await message).toBe('hello')
    await stop()
  })

  test('writes nothing when a key is of the wrong type', async () => {
    await other.send('SET', 'string', 'text')
    act = ({ write }) => {
      write.string('first').set('x')
      write.hash('string').set('field', 'value')
      return null
    }
    await expect(db.do()).rejects.toThrow(/^WRONGTYPE /)
    expect(await db.call('EXISTS', 'first')).toBe(0)
  })

  test('of a single effect may fail', async () => {
    await other.send('SET', 'string', 'text')
    act = ({ read, write }) => {
      read.string('string').get()
      write.string('string').increment()
      return null
    }
    await expect(db.do()).rejects.toThrow('ERR value is not an integer or out of range')
    act = ({ write }) => {
      write.call('RENAME', 'none', 'other')
      return null
    }
    await expect(db.do()).rejects.toThrow('ERR no such key')
  })

  test('of several is refused when one of them could fail half-way', async () => {
    act = ({ write }) => {
      write.string('first').set('x')
      write.call('LSET', 'list', 0, 'x')
      return null
    }
    await expect(db.do()).rejects.toThrow('ERR effects SET, LSET cannot be applied together')
    expect(await db.call('EXISTS', 'first')).toBe(0)
  })

  test.each([
    ['GET', "ERR effect 'GET' does not write"],
    ['NOTHING', "ERR effect 'NOTHING' is no command of the server"],
    ['BLPOP', "ERR effect 'BLPOP' is not allowed in a module"],
    ['SET', "ERR wrong number of arguments for 'set' command"],
  ])('refuses %s as an effect', async (name, error) => {
    act = ({ write }) => {
      write.call(name, 'key')
      return null
    }
    await expect(db.do()).rejects.toThrow(error)
  })

  test('of a database that there is not writes nothing', async () => {
    act = ({ write }) => {
      write.string('key').set('x')
      write.database(99).string('key').set('x')
      return null
    }
    await expect(db.do()).rejects.toThrow('ERR DB index is out of range')
    expect(await db.call('EXISTS', 'key')).toBe(0)
  })

  test('is refused as a whole when memory is short', async () => {
    await other.send('SET', 'key', '1')
    await other.send('CONFIG', 'SET', 'maxmemory', '1')
    act = ({ read, write }) => {
      read.string('key').get()
      write.string('key').set('2')
      write.key('key').delete()
      return null
    }
    await expect(db.do()).rejects.toThrow(/^OOM /)
    await other.send('CONFIG', 'SET', 'maxmemory', '0')
    expect(await db.call('GET', 'key')).toBe('1')
  })

  test('is repeated when what was read has changed', async () => {
    await other.send('SET', 'key', '1')
    const seen: string[] = []
    const conflicts = conflicting(2, 'key')
    act = ({ read, write, now, random, log }) => {
      const value = read.string('key').get()
      if (value === null) return null
      seen.push(`${value} ${now} ${random()}`)
      log.notice('seen')
      conflicts()
      write.string('key').set(`${value}!`)
      return `${value}`
    }
    expect(await db.do()).toBe('changed 2')
    expect(await db.call('GET', 'key')).toBe('changed 2!')
    expect(seen.map(text => text.replace(/ \d{13} .*/, ''))).toEqual(['1', 'changed 1', 'changed 2'])
    // Only the run that counts has logged.
    expect(logged).toEqual(['seen'])
    // Time and random numbers stay the same.
    expect(new Set(seen.map(text => text.replace(/^.*(?= \d{13} )/, ''))).size).toBe(1)
  })

  test('is given up after so many conflicts', async () => {
    await other.send('SET', 'key', '1')
    const conflicts = conflicting(100, 'key')
    act = ({ read, write }) => {
      const value = read.string('key').get()
      if (value === null) return null
      conflicts()
      write.string('key').set('mine')
      return null
    }
    await expect(db.do()).rejects.toThrow(/^TRYAGAIN do has been run 4 times/)
    expect(await db.call('GET', 'key')).toBe('changed 4')
  })

  test('a reply without effects is one of what was read at one moment', async () => {
    await other.send('MSET', 'a', '1', 'b', '1')
    const conflicts = conflicting(1, 'b')
    act = ({ read }) => {
      const [a, b] = [read.string('a').get(), read.string('b').get()]
      if (a === null || b === null) return null
      conflicts()
      return `${a} ${b}`
    }
    expect(await db.do()).toBe('1 changed 1')
  })

  test('a handler that catches everything is run again all the same', async () => {
    await other.send('RPUSH', 'list', 'x')
    act = ({ read }) => {
      try {
        return String(read.call('LLEN', 'list'))
      } catch {
        return 'caught'
      }
    }
    expect(await db.do()).toBe('1')
    expect(await db.look()).toBe('1')
  })

  describe('a handler that is not deterministic', () => {
    test.each(['do', 'look'] as const)('is told so: %s', async name => {
      let runs = 0
      act = ({ read }) => {
        runs++
        return read.string(`key ${runs}`).get() === null ? 'none' : 'some'
      }
      await expect(db[name]()).rejects.toThrow(
        `${name} is not deterministic: with the same data it read "GET" "key 1" first, and then "GET" "key 2"`,
      )
    })
  })

  test('a command without the flag to write does not', async () => {
    act = ({ write }) => {
      write?.string('key').set('x')
      return 'written'
    }
    await expect(db.look()).rejects.toThrow("look writes, and its flags do not have 'write'")
    expect(await db.call('EXISTS', 'key')).toBe(0)
  })

  test('an error of the handler writes nothing', async () => {
    act = ({ write }) => {
      write.string('key').set('x')
      throw new ReplyError('NO I will not')
    }
    await expect(db.do()).rejects.toThrow(/^NO I will not$/)
    act = () => {
      throw new TypeError('oh')
    }
    await expect(db.do()).rejects.toThrow("ERR internal error in 'do': oh")
    expect(await db.call('EXISTS', 'key')).toBe(0)
  })

  test('commands of one program on one key take turns, and need no retries', async () => {
    await other.send('HSET', 'counter', 'n', '0')
    act = ({ read, write }) => {
      const n = Number(read.hash('counter').get('n'))
      write.hash('counter').set('n', n + 1)
      return n
    }
    const seen = await Promise.all(Array.from({ length: 100 }, () => db.do()))
    expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => n))
  })

  test('loses no update', { timeout: 60_000 }, async () => {
    const first = await open(`redis://127.0.0.1:${server.port}`, { modules: [hmsetif] })
    const second = await open(`unix:${server.socketPath}`, { modules: [hmsetif], upstreamConnections: 3 })
    const keys = ['k0', 'k1', 'k2', 'k3', 'k4']
    for (const key of keys) await other.send('HSET', key, 'n', '0')
    let left = 3000
    const direct: Promise<unknown>[] = []
    const work = async (on: typeof first, seed: number): Promise<void> => {
      for (let i = seed; left > 0; i++) {
        left--
        const key = keys[i % keys.length]!
        // Somebody else writes while the others do.
        if (left % 5 === 0) direct.push(other.send('HINCRBY', key, 'n', 1))
        for (;;) {
          const n = String(await on.call('HGET', key, 'n'))
          const entries = [{ field: 'n', value: String(Number(n) + 1) }]
          if ((await on.hmsetif({ key, checkfield: 'n', checkvalue: n, entries })) === 'OK') break
        }
      }
    }
    await Promise.all(Array.from({ length: 20 }, (_, i) => work(i % 2 === 0 ? first : second, i)))
    await Promise.all(direct)
    const sums = await Promise.all(keys.map(key => db.call('HGET', key, 'n')))
    expect(sums.reduce<number>((sum, n) => sum + Number(n), 0)).toBe(3600)
    await first.close()
    await second.close()
  })

  /** Lets somebody else change a key, each time that the function is called, so many times. */
  function conflicting(times: number, key: string): () => void {
    let done = 0
    return () => {
      if (done >= times) return
      done++
      changeNow(server, key, `changed ${done}`)
    }
  }
})

/** Changes a key, and comes back when it has been changed: a handler cannot wait. */
function changeNow({ socketPath }: RedisServer, key: string, value: string): void {
  execFileSync('redis-cli', ['-s', socketPath, 'SET', key, value])
}
