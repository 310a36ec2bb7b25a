import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { slotOf } from '../../src/upstream/slot.js'
import { type GatewayServer, startGateway } from '../support/gateway-server.js'
import { describeWithRedis } from '../support/redis-server.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'
import { kit } from '../upstream/kit-contract.js'
import { ask, askAll, type Front, openFront, type Short, short } from './cluster-setup.js'

const ABORTED = '-EXECABORT Transaction discarded because of previous errors.'
const OWN = ['on a lane', 'on a connection of its own']

describeWithRedis('a gateway in front of a Cluster whose slots move', () => {
  let front: Front
  /** One that does not wait for long. */
  let hasty: GatewayServer
  let client: RespClient
  let other: RespClient
  let count = 0
  /** A tag of a slot that no test has used. */
  let tag: string
  let slot: number

  beforeAll(async () => {
    front = await openFront({ 'upstream-timeout': '20000' })
    hasty = await startGateway({
      upstream: front.cluster.url(),
      modules: kit,
      config: { 'upstream-timeout': String(HASTE) },
    })
  })
  afterAll(async () => {
    await hasty?.stop()
    await front?.stop()
  })
  beforeEach(async () => {
    client = await front.connect()
    other = await front.connect()
    tag = `{m${count++}}`
    slot = slotOf(tag)
  })
  afterEach(() => front.closeClients())

  /** Whom the gateway takes to be in charge. */
  function believed(): number {
    const { socket } = front.gateway.gateway.upstream.topology.endpointFor(slot)
    return front.cluster.ports.indexOf('port' in socket ? socket.port : -1)
  }

  async function owner(): Promise<number> {
    return (await front.cluster.slotOwner(slot)).index
  }

  /** A node that is given a slot before it knows which claim is the latest may lose it again. */
  async function agreed(): Promise<void> {
    await vi.waitFor(async () => {
      const infos = await Promise.all(front.cluster.nodes.map((_, i) => asked(i, 'CLUSTER', 'INFO')))
      expect(new Set(infos.map(info => /^cluster_current_epoch:(\d+)/m.exec(info)?.[1])).size).toBe(1)
    }, WAIT)
  }

  async function asked(node: number, ...argv: string[]): Promise<string> {
    const direct = await connect({ port: front.cluster.ports[node]! })
    const reply = short(await direct.send(...argv))
    await direct.close()
    return String(reply)
  }

  /** Moves the slot to the next node. */
  async function move(): Promise<void> {
    await front.cluster.moveSlots([slot], ((await owner()) + 1) % 3)
    await agreed()
  }

  /** The same, and the gateway does not know of it, even if it has just asked. */
  async function moveUnseen(): Promise<void> {
    const { topology } = front.gateway.gateway.upstream
    const { port } = front.cluster.nodes[await owner()]!
    await move()
    const old = topology.primaries().find(({ socket }) => 'port' in socket && socket.port === port)
    topology.moved(slot, old!)
  }

  /** Begins to move it, with some of its keys. */
  async function moveHalf(...keys: string[]): Promise<number> {
    const to = ((await owner()) + 1) % 3
    await front.cluster.halfMove(slot, to, { keys })
    return to
  }

  async function finish(): Promise<void> {
    await front.cluster.finishMove(slot)
    await agreed()
  }

  async function blockedAt(node: number): Promise<string | undefined> {
    return /^blocked_clients:(\d+)/m.exec(await asked(node, 'INFO', 'clients'))?.[1]
  }

  /** How often nodes have said of themselves that they do not do something now. */
  async function refusals(): Promise<number> {
    const infos = await Promise.all([0, 1, 2].map(node => asked(node, 'INFO', 'errorstats')))
    const counts = infos.flatMap(info => [...info.matchAll(/^errorstat_(?:ASK|TRYAGAIN|MOVED):count=(\d+)/gm)])
    return counts.reduce((sum, [, n]) => sum + Number(n), 0)
  }

  /** Resolves when nodes have refused some more. */
  async function refused(): Promise<void> {
    const before = await refusals()
    await vi.waitFor(async () => expect((await refusals()) - before).toBeGreaterThanOrEqual(3), WAIT)
  }

  describe.each(OWN)('after a move, %s', where => {
    beforeEach(async () => {
      if (where !== OWN[0]) await ask(client, 'CLIENT SETNAME own')
      await ask(other, `MSET ${tag}k 1 ${tag}l 1`)
    })

    test('commands are done where the keys are', async () => {
      await moveUnseen()
      expect(await ask(client, `INCR ${tag}k`)).toBe(2)
      await vi.waitFor(async () => expect(believed()).toBe(await owner()), WAIT)
      await moveUnseen()
      expect(
        await askAll(client, [`INCR ${tag}k`, `GET ${tag}l`, `INCR ${tag}k`, 'PING', `MGET ${tag}k ${tag}l`]),
      ).toEqual([3, '1', 4, 'PONG', ['4', '1']])
      await moveUnseen()
      expect(await askAll(client, [`HMSETNX ${tag}h f v`, `HGET ${tag}h f`])).toEqual(['OK', 'v'])
    })

    test('scripts, large commands', async () => {
      await moveUnseen()
      expect(await ask(client, 'EVAL', "return redis.call('INCR', KEYS[1])", 1, `${tag}k`)).toBe(2)
      await moveUnseen()
      const value = 'x'.repeat(400_000)
      expect(await ask(client, 'SET', `${tag}k`, value)).toBe('OK')
      expect(await ask(client, `GET ${tag}k`)).toBe(value)
    })

    test('transactions, also those that have begun before', async () => {
      await moveUnseen()
      expect(await askAll(client, ['MULTI', `INCR ${tag}k`, `GET ${tag}l`, 'EXEC'])).toEqual([
        'OK',
        'QUEUED',
        'QUEUED',
        [2, '1'],
      ])
      await askAll(client, ['MULTI', 'PING'])
      await move()
      expect(await askAll(client, [`INCR ${tag}k`, 'EXEC'])).toEqual(['QUEUED', ['PONG', 3]])
      await askAll(client, ['MULTI', 'PING', `INCR ${tag}k`])
      await move()
      expect(await askAll(client, [`INCR ${tag}k`, 'EXEC'])).toEqual(['QUEUED', ['PONG', 4, 5]])
      await askAll(client, ['MULTI', `INCR ${tag}k`, 'PING'])
      await move()
      expect(await ask(client, 'EXEC')).toEqual([6, 'PONG'])
      await askAll(client, ['MULTI', `INCR ${tag}k`])
      await move()
      expect(await askAll(client, ['DISCARD', `GET ${tag}k`])).toEqual(['OK', '6'])
      await askAll(client, ['MULTI', `INCR ${tag}k`, 'NOSUCH'])
      await move()
      expect(await askAll(client, [`INCR ${tag}k`, 'EXEC', `GET ${tag}k`])).toEqual(['QUEUED', ABORTED, '6'])
    })

    test('what is watched counts as changed when it moves', async () => {
      await moveUnseen()
      const exec = ['MULTI', `INCR ${tag}k`, 'EXEC']
      expect(await askAll(client, [`WATCH ${tag}k`, `GET ${tag}k`, ...exec])).toEqual(['OK', '1', 'OK', 'QUEUED', [2]])
      await askAll(client, [`WATCH ${tag}k`])
      await move()
      expect(await askAll(client, exec)).toEqual(['OK', 'QUEUED', null])
      expect(await askAll(client, [`WATCH ${tag}k`, ...exec])).toEqual(['OK', 'OK', 'QUEUED', [3]])
      await askAll(client, [`WATCH ${tag}k`, 'MULTI', `INCR ${tag}k`])
      await move()
      expect(await askAll(client, ['EXEC', ...exec])).toEqual([null, 'OK', 'QUEUED', [4]])
      await askAll(client, [`WATCH ${tag}none`, 'MULTI', `INCR ${tag}k`])
      await move()
      expect(await askAll(client, [`INCR ${tag}k`, 'PING', 'EXEC', ...exec])).toEqual([
        'QUEUED',
        'QUEUED',
        null,
        'OK',
        'QUEUED',
        [5],
      ])
      await askAll(client, [`WATCH ${tag}k`])
      await move()
      expect(await askAll(client, [`GET ${tag}k`, `WATCH ${tag}l`, ...exec, ...exec])).toEqual([
        '5',
        'OK',
        'OK',
        'QUEUED',
        null,
        'OK',
        'QUEUED',
        [6],
      ])
      await askAll(client, [`WATCH ${tag}k`])
      await move()
      expect(await askAll(client, ['UNWATCH', ...exec])).toEqual(['OK', 'OK', 'QUEUED', [7]])
    })

    test('who waits goes on waiting there', async () => {
      const popped = client.sendMany([['BLPOP', `${tag}list`, '0'], ['PING']])
      const from = await owner()
      await vi.waitFor(async () => expect(await blockedAt(from)).toBe('1'), WAIT)
      await move()
      const to = await owner()
      await vi.waitFor(async () => expect(await blockedAt(to)).toBe('1'), WAIT)
      expect(await blockedAt(from)).toBe('0')
      expect(await ask(other, `RPUSH ${tag}list x`)).toBe(1)
      expect((await popped).map(short)).toEqual([[`${tag}list`, 'x'], 'PONG'])
    })
  })

  describe('after a move,', () => {
    test('who caches is told that it has moved, and from then on by the new node', async () => {
      const cache = await front.connect(3)
      await ask(other, `SET ${tag}k 1`)
      await askAll(cache, ['CLIENT TRACKING ON', `GET ${tag}k`])
      await move()
      expect(short(await cache.nextPush())).toEqual(['invalidate', [`${tag}k`]])
      expect(await ask(cache, `GET ${tag}k`)).toBe('1')
      await ask(other, `SET ${tag}k 2`)
      expect(short(await cache.nextPush())).toEqual(['invalidate', [`${tag}k`]])
      await ask(other, `SETBIT ${tag}bits 7 1`)
      await ask(cache, `BITALLPOS ${tag}bits`)
      await moveUnseen()
      expect(short(await cache.nextPush())).toEqual(['invalidate', [`${tag}bits`]])
      expect(await ask(cache, `BITALLPOS ${tag}bits`)).toEqual(['7'])
      await ask(other, `SETBIT ${tag}bits 8 1`)
      expect(short(await cache.nextPush())).toEqual(['invalidate', [`${tag}bits`]])
    })

    test('a shard channel is left, and can be found again', async () => {
      const listener = await front.connect(3)
      await ask(listener, `SSUBSCRIBE ${tag}c`)
      await moveUnseen()
      expect(short(await listener.nextPush())).toEqual(['sunsubscribe', `${tag}c`, 0])
      expect(await ask(listener, `SSUBSCRIBE ${tag}c`)).toEqual([['ssubscribe', `${tag}c`, 1]])
      expect(await ask(other, `SPUBLISH ${tag}c hi`)).toBe(1)
      expect(short(await listener.nextPush())).toEqual(['smessage', `${tag}c`, 'hi'])
    })
  })

  describe.each(OWN)('in a slot that has half moved, %s', where => {
    beforeEach(async () => {
      if (where !== OWN[0]) await ask(client, 'CLIENT SETNAME own')
      await ask(other, `MSET ${tag}stays 1 ${tag}goes 1 ${tag}too 1`)
    })

    test('commands are done where the keys are', async () => {
      const from = await owner()
      await moveHalf(`${tag}goes`, `${tag}too`)
      const lines = [
        `INCR ${tag}stays`,
        `INCR ${tag}goes`,
        `GET ${tag}new`,
        `INCR ${tag}goes`,
        `INCR ${tag}stays`,
        `SET ${tag}new 1`,
      ]
      expect(await askAll(client, lines)).toEqual([2, 2, null, 3, 3, 'OK'])
      expect(await ask(client, `MGET ${tag}goes ${tag}too`)).toEqual(['3', '1'])
      expect(await ask(client, 'EVAL', "return redis.call('INCR', KEYS[1])", 1, `${tag}goes`)).toBe(4)
      expect(await ask(client, 'EVAL', "return redis.call('INCR', KEYS[1])", 1, `${tag}stays`)).toBe(4)
      expect(await askAll(client, [`HMSETNX ${tag}h f v`, `HGET ${tag}h f`])).toEqual(['OK', 'v'])
      expect(believed()).toBe(from)
      await finish()
      expect(await ask(client, `MGET ${tag}goes ${tag}stays ${tag}new`)).toEqual(['4', '4', '1'])
    })

    test('what needs keys of both sides waits until it has moved', async () => {
      await moveHalf(`${tag}goes`)
      const waiting = [
        ask(client, `MGET ${tag}stays ${tag}goes`),
        ask(
          await front.connect(),
          'EVAL',
          "return redis.call('MGET', KEYS[1], KEYS[2])",
          2,
          `${tag}stays`,
          `${tag}goes`,
        ),
        ask(await front.connect(), `WATCH ${tag}stays ${tag}goes`),
      ]
      await refused()
      await finish()
      expect(await Promise.all(waiting)).toEqual([['1', '1'], ['1', '1'], 'OK'])
    })

    test('what comes behind does not overtake it', async () => {
      await moveHalf(`${tag}goes`)
      const lines = [`MSET ${tag}stays 2 ${tag}goes 2`, `SET ${tag}stays 3`, `INCR ${tag}too`, `GET ${tag}stays`]
      const replies = askAll(client, lines)
      if (where === OWN[0]) {
        // It had been carried out before it was known that what came before it could not be.
        const overtaken = expect.stringMatching(/^-TRYAGAIN the keys were being moved, and what was sent behind this/)
        expect(await replies).toEqual([overtaken, 'OK', 2, '3'])
        expect(await ask(client, `GET ${tag}goes`)).toBe('1')
      }
      const other = askAll(client, [`MSET ${tag}stays 4 ${tag}goes 4`, `SET ${tag}none 5`, `INCR ${tag}too`])
      await refused()
      await finish()
      if (where !== OWN[0]) expect(await replies).toEqual(['OK', 'OK', 2, '3'])
      expect(await other).toEqual(['OK', 'OK', 3])
      expect(await ask(client, `MGET ${tag}stays ${tag}goes ${tag}none`)).toEqual(['4', '4', '5'])
    })

    test('transactions wait until it has moved, if not all of their keys are where they begin', async () => {
      await moveHalf(`${tag}goes`)
      expect(await askAll(client, ['MULTI', `INCR ${tag}stays`, `GET ${tag}stays`, 'EXEC'])).toEqual([
        'OK',
        'QUEUED',
        'QUEUED',
        [2, '2'],
      ])
      const one = await front.connect()
      const none = await front.connect()
      const both = await front.connect()
      await askAll(both, ['MULTI', `GET ${tag}stays`])
      const waiting = [
        askAll(client, ['MULTI', `GET ${tag}stays`, `GET ${tag}goes`, `GET ${tag}too`, `INCR ${tag}goes`, 'EXEC']),
        askAll(one, ['MULTI', `GET ${tag}goes`, `GET ${tag}stays`, 'EXEC']),
        askAll(none, [`WATCH ${tag}none`, 'MULTI', `SET ${tag}none 1`, 'EXEC']),
        askAll(both, [`SET ${tag}new 1`, 'EXEC']),
      ]
      await refused()
      await finish()
      expect(await Promise.all(waiting)).toEqual([
        ['OK', 'QUEUED', 'QUEUED', 'QUEUED', 'QUEUED', ['2', '1', '1', 2]],
        ['OK', 'QUEUED', 'QUEUED', [expect.stringMatching(/^[12]$/), '2']],
        ['OK', 'OK', 'QUEUED', ['OK']],
        ['QUEUED', ['2', 'OK']],
      ])
    })

    test('a transaction whose keys leave before EXEC is done as a whole, or not at all', async () => {
      await askAll(client, ['MULTI', `INCR ${tag}stays`, `INCR ${tag}goes`])
      const watching = await front.connect()
      await askAll(watching, [`WATCH ${tag}goes`, 'MULTI', `INCR ${tag}stays`, `INCR ${tag}goes`])
      await moveHalf(`${tag}goes`)
      expect(await ask(watching, 'EXEC')).toBeNull()
      const executed = ask(client, 'EXEC')
      await refused()
      expect(await askAll(other, [`GET ${tag}stays`, `GET ${tag}goes`])).toEqual(['1', '1'])
      await finish()
      expect(await executed).toEqual([2, 2])
    })

    test('who waits is woken', async () => {
      const to = await moveHalf()
      const popped = client.sendMany([['BLPOP', `${tag}list`, '0'], ['PING']])
      await vi.waitFor(async () => expect(await blockedAt(to)).toBe('1'), WAIT)
      expect(await ask(other, `RPUSH ${tag}list x`)).toBe(1)
      expect((await popped).map(short)).toEqual([[`${tag}list`, 'x'], 'PONG'])
      const gone = await front.raw()
      gone.write(`BLPOP ${tag}list 0\r\n`)
      await vi.waitFor(async () => expect(await blockedAt(to)).toBe('1'), WAIT)
      await gone.close()
      await vi.waitFor(async () => expect(await blockedAt(to)).toBe('0'), WAIT)
      await finish()
    })
  })

  describe('in a slot that has half moved,', () => {
    test('who caches is told by the node that has the key', async () => {
      const cache = await front.connect(3)
      await ask(other, `MSET ${tag}stays 1 ${tag}goes 1`)
      await askAll(cache, ['CLIENT TRACKING ON', `GET ${tag}stays`])
      await moveHalf(`${tag}goes`)
      await ask(cache, `GET ${tag}goes`)
      await ask(other, `SET ${tag}goes 2`)
      expect(short(await cache.nextPush())).toEqual(['invalidate', [`${tag}goes`]])
      await ask(other, `SET ${tag}stays 2`)
      expect(short(await cache.nextPush())).toEqual(['invalidate', [`${tag}stays`]])
      // CLIENT CACHING and ASKING do not go together.
      await askAll(cache, ['CLIENT TRACKING OFF', 'CLIENT TRACKING ON OPTIN', 'CLIENT CACHING YES'])
      const read = ask(cache, `GET ${tag}goes`)
      await refused()
      await finish()
      expect(await read).toBe('2')
      await ask(other, `SET ${tag}goes 3`)
      expect(short(await cache.nextPush())).toEqual(['invalidate', [`${tag}goes`]])
    })

    test('a gateway that has little time gives up, with nothing done', async () => {
      await ask(other, `MSET ${tag}stays 1 ${tag}goes 1`)
      await moveHalf(`${tag}goes`)
      const moving = `-TRYAGAIN hash slot ${slot} is being moved from one node of the Cluster to another`
      const several = '-TRYAGAIN Multiple keys request during rehashing of slot'
      const hurried = await connect({ path: hasty.socketPath })
      expect(await ask(hurried, `MGET ${tag}stays ${tag}goes`)).toBe(several)
      expect(await ask(hurried, `GET ${tag}goes`)).toBe('1')
      expect(
        await askAll(hurried, ['MULTI', `INCR ${tag}stays`, `INCR ${tag}goes`, `INCR ${tag}stays`, 'EXEC']),
      ).toEqual(['OK', 'QUEUED', moving, 'QUEUED', ABORTED])
      expect(await askAll(hurried, ['MULTI', `GET ${tag}goes`, `SET ${tag}stays 2`, 'EXEC'])).toEqual([
        'OK',
        moving,
        'QUEUED',
        ABORTED,
      ])
      expect(await ask(hurried, `WATCH ${tag}goes`)).toBe(moving)
      expect(await ask(hurried, 'EVAL', 'return 1', 2, `${tag}stays`, `${tag}goes`)).toBe(several)
      expect(await ask(hurried, `MGET ${tag}stays ${tag}goes`)).toBe(several)
      expect(await askAll(hurried, [`GET ${tag}stays`, `GET ${tag}goes`])).toEqual(['1', '1'])
      await finish()
      expect(await ask(hurried, `MGET ${tag}stays ${tag}goes`)).toEqual(['1', '1'])
      await hurried.close()
    })
  })

  describe('that move to and fro', () => {
    /** Moves the slot again and again, until enough has been done. */
    async function whileMoving(
      isEnough: (rounds: number) => boolean,
      work: (isOver: () => boolean) => Promise<unknown>,
    ): Promise<void> {
      let isOver = false
      const before = await refusals()
      const working = work(() => isOver)
      working.catch(() => {
        isOver = true
      })
      for (let round = 0; !isEnough(round) && !isOver; round++) await move()
      isOver = true
      await working
      expect((await refusals()) - before).toBeGreaterThan(0)
    }

    test.each(OWN)('nothing that a client pipelines is reordered, %s', async where => {
      let errors = 0
      let done = 0
      /** Each value that is set tells in its reply which one was there before. */
      const work = async (key: string, isOver: () => boolean): Promise<void> => {
        const own = await front.connect()
        if (where !== OWN[0]) await ask(own, 'CLIENT SETNAME own')
        let last: string | null = null
        for (let i = 0; !isOver(); ) {
          const commands: string[][] = []
          for (let n = 0; n < 20; n++) {
            commands.push(['SET', key, `${key} ${i}`, 'GET'])
            if (n % 5 === 0) commands.push(['ECHO', `${key} ${i}`], ['GET', `${tag}shared`], ['GET', key])
            i++
          }
          const replies = await own.sendMany(commands)
          for (const [n, reply] of replies.entries()) {
            const [name, subject, value] = commands[n]!
            const answer = short(reply)
            if (typeof answer === 'string' && answer.startsWith('-')) {
              expect(answer).toMatch(/^-TRYAGAIN /)
              errors++
            } else if (name === 'SET') {
              expect(answer).toBe(last)
              last = value!
              done++
            } else if (name === 'ECHO') expect(answer).toBe(subject)
            else if (subject === key) expect(answer).toBe(last)
            else expect(answer).toBe('shared')
          }
        }
        expect(await ask(own, `GET ${key}`)).toBe(last)
      }
      await ask(other, `SET ${tag}shared shared`)
      await whileMoving(
        rounds => rounds >= 10 && done > 1000,
        isOver => Promise.all(Array.from({ length: 6 }, (_, i) => work(`${tag}${i}`, isOver))),
      )
      // A client that the moves overtake is told so; that is seldom.
      expect(errors).toBeLessThan(done / 20)
    })

    test('transactions are done as a whole', async () => {
      let done = 0
      const work = async (i: number, isOver: () => boolean): Promise<void> => {
        const own = await front.connect()
        while (!isOver()) {
          const watch = i % 2 === 0 ? [`WATCH ${tag}a`, `GET ${tag}a`] : []
          const replies = await askAll(own, [
            ...watch,
            'MULTI',
            `INCR ${tag}a`,
            'PING',
            `INCR ${tag}b`,
            `INCR ${tag}c`,
            'EXEC',
          ])
          const result = replies.at(-1)!
          if (result === null && i % 2 === 0) continue
          expect(result).toEqual([expect.any(Number), 'PONG', expect.any(Number), expect.any(Number)])
          const [a, , b, c] = result as Short[]
          expect([b, c]).toEqual([a, a])
          done++
        }
      }
      await whileMoving(
        rounds => rounds >= 10 && done > 50,
        isOver => Promise.all(Array.from({ length: 6 }, (_, i) => work(i, isOver))),
      )
      expect(await ask(other, `MGET ${tag}a ${tag}b ${tag}c`)).toEqual(Array(3).fill(String(done)))
    })

    test('nobody gets what is another’s, and nothing is lost that waits', async () => {
      let popped = 0
      const work = async (i: number, isOver: () => boolean): Promise<void> => {
        const own = await front.connect(i % 2 === 0 ? 2 : 3)
        const waiter = await front.connect()
        for (let n = 0; !isOver(); n++) {
          const value = `${i} ${n}`
          const pop: Promise<Reply> = waiter.send('BLPOP', `${tag}list${i}`, 0)
          const replies = await own.sendMany([
            ['SET', `${tag}${i}`, value],
            ['GET', `${tag}${i}`],
            ['HMSETNX', `${tag}h${i}`, value, value],
            ['HGET', `${tag}h${i}`, value],
            ['EVAL', "return redis.call('GET', KEYS[1])", '1', `${tag}${i}`],
            ['RPUSH', `${tag}list${i}`, value],
          ])
          expect(replies.map(short)).toEqual(['OK', value, 'OK', value, value, 1])
          expect(short(await pop)).toEqual([`${tag}list${i}`, value])
          popped++
        }
      }
      await whileMoving(
        rounds => rounds >= 8 && popped > 50,
        isOver => Promise.all(Array.from({ length: 6 }, (_, i) => work(i, isOver))),
      )
    })
  })
})

const WAIT = { timeout: 20_000, interval: 10 }
/** Milliseconds. */
const HASTE = 150
