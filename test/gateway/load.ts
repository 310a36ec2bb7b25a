import type { Reply, RespClient } from '../support/resp-client.js'

type Ask = (...argv: readonly (string | number)[]) => Promise<Reply>

/** Something that adds one when it is done: in one place, or in two, which are never to differ. */
export interface Work {
  readonly name: string
  /**
   * Does it, once or several times; gives a reply for each. Null: it has turned out that there was nothing to be done.
   *
   * @param tag what is in the `{}` of its keys
   */
  once(client: RespClient, tag: string): readonly Promise<Reply | null>[]
  /** How often it has been done, by the data. Throws if it has been done by half. */
  stored(ask: Ask, tag: string): Promise<number>
}

/** What has become of a work. */
export interface Tally {
  readonly name: string
  /** Answered as done. */
  done: number
  /** Nobody can tell: UNKNOWNOUTCOME, or the connection has ended. */
  doubtful: number
  /** Other errors, by their words: it is known not to be done. */
  readonly refused: Map<string, number>
}

/** Clients that work without a pause, each with one kind of work, and connect again when their connection has ended. */
export class Load {
  /** By work and tag. */
  readonly tallies: Tally[] = []
  /** The longest that anything took to be answered, in milliseconds. */
  slowest = 0
  readonly #connect: () => Promise<RespClient>
  readonly #working: Promise<void>
  readonly #stored: ((ask: Ask) => Promise<number>)[] = []
  #isOver = false

  /** @param tags each work is done by one client for each of them */
  constructor(connect: () => Promise<RespClient>, works: readonly Work[], tags: readonly string[]) {
    this.#connect = connect
    const workers: Promise<void>[] = []
    for (const work of works) {
      for (const tag of tags) {
        const tally: Tally = { name: `${work.name} {${tag}}`, done: 0, doubtful: 0, refused: new Map() }
        this.tallies.push(tally)
        this.#stored.push(ask => work.stored(ask, tag))
        workers.push(this.#work(work, tag, tally))
      }
    }
    this.#working = Promise.all(workers).then(() => {})
    // It is thrown by `stop`.
    this.#working.catch(() => {})
  }

  get done(): number {
    return this.tallies.reduce((sum, { done }) => sum + done, 0)
  }

  get doubtful(): number {
    return this.tallies.reduce((sum, { doubtful }) => sum + doubtful, 0)
  }

  /** All errors but those of which nobody can tell what has been done, by their words. */
  get refused(): string[] {
    return [...new Set(this.tallies.flatMap(({ refused }) => [...refused.keys()]))].sort()
  }

  /** How many there have been of them. */
  get refusals(): number {
    return this.tallies.reduce((sum, { refused }) => [...refused.values()].reduce((a, b) => a + b, sum), 0)
  }

  /** The least that has been done of any work. */
  get least(): number {
    return Math.min(...this.tallies.map(({ done }) => done))
  }

  /** Ends it; resolves once all has been answered. */
  async stop(): Promise<void> {
    this.#isOver = true
    await this.#working
  }

  /**
   * What is wrong with the data: what has been done twice, or by half, or has been lost.
   *
   * @param mayLose whether what has been confirmed may be lost
   */
  async faults(ask: Ask, { mayLose = false } = {}): Promise<string[]> {
    const faults: string[] = []
    for (const [index, { name, done, doubtful }] of this.tallies.entries()) {
      try {
        const stored = await this.#stored[index]!(ask)
        if ((stored < done && !mayLose) || stored > done + doubtful)
          faults.push(`${name}: ${stored} of ${done} + ${doubtful}`)
      } catch (error) {
        faults.push(`${name}: ${error instanceof Error ? error.message : error}`)
      }
    }
    return faults
  }

  async #work({ once }: Work, tag: string, tally: Tally): Promise<void> {
    let client = await this.#connect()
    while (!this.#isOver) {
      const start = performance.now()
      const results = await Promise.allSettled(once(client, tag))
      this.slowest = Math.max(this.slowest, performance.now() - start)
      for (const result of results) {
        if (result.status === 'rejected') tally.doubtful++
        else if (result.value === null) continue
        else if (result.value.type !== 'error') tally.done++
        else if (result.value.value.startsWith('UNKNOWNOUTCOME ')) tally.doubtful++
        else tally.refused.set(result.value.value, (tally.refused.get(result.value.value) ?? 0) + 1)
      }
      if (results.every(({ status }) => status === 'fulfilled')) continue
      await client.close()
      client = await this.#connect()
    }
    await client.close()
  }
}

/** A string of its own, on a lane, several times in a pipeline, with what it has been set to looked at in between. */
const plain: Work = {
  name: 'INCR',
  once(client, tag) {
    const counted = [client.send('INCR', `{${tag}}plain`), client.send('INCR', `{${tag}}plain`)]
    const value = String(Math.random())
    const set = client.send('SET', `{${tag}}value`, value)
    const got = client.send('GET', `{${tag}}value`)
    const checked = Promise.all([set, got]).then(([first, second]) => {
      if (first.type === 'status' && second.type === 'bulk' && second.value !== value) throw new Error('out of order')
      return null
    })
    return [...counted, client.send('INCR', `{${tag}}plain`), checked]
  },
  stored: async (ask, tag) => numberIn(await ask('GET', `{${tag}}plain`)),
}

/** Two strings that are set together, on a lane, by one who is alone with them. */
const pair: Work = {
  name: 'MSET',
  once(client, tag) {
    const [one, two] = [`{${tag}}one`, `{${tag}}two`]
    const next = async (): Promise<Reply> => {
      const got = await client.send('GET', one)
      if (got.type === 'error') return got
      const value = numberIn(got) + 1
      return client.send('MSET', one, value, two, value)
    }
    return [next()]
  },
  async stored(ask, tag) {
    return same(await ask('GET', `{${tag}}one`), await ask('GET', `{${tag}}two`))
  },
}

/** A module's command with one effect, that counts for one who can only compare and set. */
const compareAndSet: Work = {
  name: 'HMSETIF',
  once(client, tag) {
    const next = async (): Promise<Reply | null> => {
      const key = `{${tag}}cas`
      let old = await client.send('HGET', key, 'n')
      if (old.type === 'null-bulk') {
        const begun = await client.send('HMSETNX', key, 'n', 0)
        if (begun.type === 'error') return begun
        old = { type: 'bulk', value: '0' }
      }
      if (old.type !== 'bulk') return old
      const reply = await client.send('HMSETIF', key, 'n', old.value, 'n', Number(old.value) + 1)
      return reply.type === 'integer' ? null : reply
    }
    return [next()]
  },
  stored: async (ask, tag) => numberIn(await ask('HGET', `{${tag}}cas`, 'n')),
}

/** A module's command with two effects. It reads the first key, which is the first to be moved where a slot is. */
const twoEffects: Work = {
  name: 'BUMP',
  once: (client, tag) => [client.send('BUMP', `{${tag}}early`, `{${tag}}hash`)],
  async stored(ask, tag) {
    return same(await ask('GET', `{${tag}}early`), await ask('HGET', `{${tag}}hash`, 'n'))
  },
}

/** A transaction of the server's, in one pipeline, on a connection of one's own. */
const transaction: Work = {
  name: 'MULTI',
  once(client, tag) {
    const [, , , done] = [
      client.send('MULTI'),
      client.send('INCR', `{${tag}}multi`),
      client.send('HINCRBY', `{${tag}}multi hash`, 'n', 1),
      client.send('EXEC'),
    ].map(reply => {
      reply.catch(() => {})
      return reply
    })
    return [done!]
  },
  async stored(ask, tag) {
    return same(await ask('GET', `{${tag}}multi`), await ask('HGET', `{${tag}}multi hash`, 'n'))
  },
}

/** A script, on a connection of one's own. */
const script: Work = {
  name: 'EVAL',
  once: (client, tag) => [
    client.send('EVAL', 'redis.call("INCR", KEYS[1]) return redis.call("INCR", KEYS[2])', 2, `{${tag}}a`, `{${tag}}b`),
  ],
  async stored(ask, tag) {
    return same(await ask('GET', `{${tag}}a`), await ask('GET', `{${tag}}b`))
  },
}

export const works: readonly Work[] = [plain, pair, compareAndSet, twoEffects, transaction, script]

function same(one: Reply, two: Reply): number {
  if (numberIn(one) !== numberIn(two)) throw new Error(`done by half: ${numberIn(one)} and ${numberIn(two)}`)
  return numberIn(one)
}

/** The number in a string, none of which is 0. */
function numberIn(reply: Reply): number {
  if (reply.type === 'null-bulk') return 0
  if (reply.type !== 'bulk') throw new Error(JSON.stringify(reply))
  return Number(reply.value)
}
