import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { quoteArg } from '../../src/bytes/split-args.js'
import {
  allKeys,
  type Comparison,
  commandOf,
  type FamilyName,
  families,
  makesLarge,
  type RandomCommand,
} from './command-grammar.js'
import { describeWithRedis, startRedisServer } from './redis-server.js'
import { connect, encode, type Reply, type RespClient } from './resp-client.js'

const { KRMT_FUZZ_COMMANDS, KRMT_FUZZ_SEED } = process.env

/** The environment gives the one of a run that is to be repeated. */
const SEED = Number(KRMT_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
/** Milliseconds after which an answer is missing. */
const ANSWER_WITHIN = 5000
/** The parameters of both servers. */
const EVENTS = 'KEAmn'

/** A server that listens on a unix socket. */
export interface Listening {
  readonly socketPath: string
  stop(): Promise<void>
}

export interface RandomOptions {
  /** Starts what is compared with redis-server; keyspace events are to be notified as `events` says. */
  start(events: string): Promise<Listening>
  /** How many commands are sent in all, if the environment does not ask for others. */
  readonly commands: number
  /** Commands come in pieces that are cut at random bytes. */
  readonly isCut?: boolean
  define?(): void
}

/** A suite that sends the same random commands to redis-server and another one, and shortens what leads to a difference. */
export function describeRandomCommands(name: string, options: RandomOptions): void {
  const COMMANDS = Number(KRMT_FUZZ_COMMANDS ?? options.commands)
  describeWithRedis(`${name}, KRMT_FUZZ_SEED=${SEED}`, () => {
    let krmt: Side
    let redis: Side
    let sent = 0

    beforeAll(async () => {
      const [ours, theirs] = await Promise.all([
        options.start(EVENTS),
        startRedisServer({ args: ['--notify-keyspace-events', EVENTS] }),
      ])
      krmt = await Side.open(ours, options.isCut === true)
      redis = await Side.open(theirs, false)
    })
    afterAll(async () => {
      await Promise.all([krmt?.close(), redis?.close()])
    })

    const cases = NAMES.flatMap(name => PROTOCOLS.map(protocol => ({ name, protocol })))
    test.each(cases)(
      '$name, in RESP$protocol',
      async ({ name, protocol }) => {
        const share = Math.ceil(COMMANDS / cases.length)
        const session = fc
          .tuple(fc.array(commandsFor(name), { minLength: 1, maxLength: 100, size: 'max' }), fc.boolean())
          .map(([commands, small]) => (small ? commands.filter(command => !makesLarge(command)) : commands))
        const property = fc.asyncProperty(session, async commands => {
          sent += commands.length
          const difference = await differences(commands, protocol)
          if (difference !== undefined) throw new Difference(difference.text, difference.after)
        })
        const wanted = sent + share
        // Each case goes its own way.
        const first = SEED + 1_000_000 * cases.findIndex(other => other.name === name && other.protocol === protocol)
        for (let seed = first; sent < wanted; seed++) {
          const details = await fc.check(property, { seed, numRuns: 20 })
          if (!details.failed) continue
          if (!(details.errorInstance instanceof Difference)) throw details.errorInstance
          const shrunk = details.counterexample?.[0] ?? []
          const { commands, text } = await shortened(shrunk, protocol, details.errorInstance)
          throw new Error(
            `${text}\n\nPaste into redis-cli${protocol === 3 ? ' -3' : ''}, on an empty server:\n\n${asLines(commands)}\n\n` +
              `To repeat: KRMT_FUZZ_SEED=${SEED} KRMT_FUZZ_COMMANDS=${COMMANDS}; ` +
              `found by fast-check with seed ${details.seed}, path ${details.counterexamplePath}`,
          )
        }
      },
      120_000 + COMMANDS,
    )

    options.define?.()

    test('were as many as they should have been', () => {
      console.log(`${sent} random commands, KRMT_FUZZ_SEED=${SEED}`)
      expect(sent).toBeGreaterThanOrEqual(COMMANDS)
    })

    /** Without what comes after the difference, and without every command that it does not take. */
    async function shortened(
      commands: readonly RandomCommand[],
      protocol: 2 | 3,
      { message, after }: Difference,
    ): Promise<{ commands: readonly RandomCommand[]; text: string }> {
      let shortest = { commands: commands.slice(0, after), text: message }
      for (let i = after - 1; i >= 0; i--) {
        const fewer = shortest.commands.toSpliced(i, 1)
        const difference = await differences(fewer, protocol)
        if (difference !== undefined) shortest = { commands: fewer, text: difference.text }
      }
      return shortest
    }

    /** What differs first when both servers run the commands on empty databases; undefined when nothing does. */
    async function differences(commands: readonly RandomCommand[], protocol: 2 | 3): Promise<Differing | undefined> {
      const [ours, theirs] = await Promise.all([krmt.run(commands, protocol), redis.run(commands, protocol)])
      if (ours === undefined || theirs === undefined) {
        const answered = (outcome: Outcome | undefined): string =>
          outcome === undefined ? 'not answered in time' : 'answered'
        return told('All of it', commands.length, answered(ours), answered(theirs))
      }
      // Commands that wait for EXEC, whose reply is made of theirs.
      let queued: Comparison[] = []
      const isSmall = !commands.some(makesLarge)
      const asFarAs = (compare: Comparison): Comparison =>
        isSmall && (compare === 'fields' || compare === 'pairs') ? 'exact' : compare
      for (const [i, command] of commands.entries()) {
        const { argv } = command
        const compare = asFarAs(command.compare)
        const [our, their] = [ours.replies[i]!, theirs.replies[i]!]
        const name = argv[0]!.toLowerCase()
        const inside = name === 'exec' ? queued : undefined
        if (!alike(our, their, compare, inside)) {
          return told(asLine(argv), i + 1, our, their)
        }
        if (their.type === 'status' && their.value === 'QUEUED') queued.push(compare)
        else if (name === 'exec' || name === 'discard') queued = []
      }
      for (const [i, { about, compare }] of ours.state.entries()) {
        const [our, their] = [ours.state[i]!.reply, theirs.state[i]!.reply]
        if (about !== theirs.state[i]!.about || !alike(our, their, asFarAs(compare)))
          return told(`At the end, ${about}`, commands.length, our, their)
      }
      for (let i = 0; i < Math.max(ours.events.length, theirs.events.length); i++) {
        if (ours.events[i] !== theirs.events[i])
          return told(`Keyspace event ${i + 1}`, commands.length, ours.events[i], theirs.events[i])
      }
      return undefined
    }
  })
}

const NAMES = Object.keys(families) as FamilyName[]
const PROTOCOLS = [2, 3] as const

interface Differing {
  readonly text: string
  /** The number of commands that it takes to see it. */
  readonly after: number
}

class Difference extends Error {
  constructor(
    text: string,
    readonly after: number,
  ) {
    super(text)
  }
}

/** A family's own commands for the most part, and those that concern all keys. */
function commandsFor(name: FamilyName): fc.Arbitrary<RandomCommand> {
  const isGeneral = name === 'keys' || name === 'transactions'
  // What goes by the order of members wants sets that others leave alone.
  const others = isGeneral ? NAMES.filter(other => other !== 'members in order') : (['keys', 'transactions'] as const)
  return fc.oneof(
    { weight: isGeneral ? 6 : 20, arbitrary: commandOf(name) },
    ...others.map(other => ({ weight: isGeneral ? 1 : 2, arbitrary: commandOf(other) })),
  )
}

/** What came of a session. */
interface Outcome {
  readonly replies: readonly Reply[]
  readonly events: readonly string[]
  /** What the keys hold at the end. */
  readonly state: readonly { readonly about: string; readonly compare: Comparison; readonly reply: Reply }[]
}

/** One server, with a client that sends the commands and another that listens to keyspace events. */
class Side {
  #patience = ANSWER_WITHIN

  private constructor(
    readonly server: Listening,
    private client: RespClient,
    private listener: RespClient,
    readonly isCut: boolean,
  ) {}

  static async open(server: Listening, isCut: boolean): Promise<Side> {
    const client = await connect({ path: server.socketPath })
    const listener = await connect({ path: server.socketPath })
    await listener.send('PSUBSCRIBE', '__key*__:*')
    return new Side(server, client, listener, isCut)
  }

  /** Undefined when not all has been answered in time. */
  async run(commands: readonly RandomCommand[], protocol: 2 | 3): Promise<Outcome | undefined> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>(resolve => {
      timer = setTimeout(() => resolve(undefined), this.#patience)
    })
    const outcome = await Promise.race([this.#run(commands, protocol), late])
    clearTimeout(timer)
    if (outcome !== undefined) return outcome
    // Which commands it takes is found out by trying many.
    this.#patience = 300
    // What is still to come would be taken for answers to what is sent next.
    const { client, listener } = this
    const { client: next, listener: other } = await Side.open(this.server, this.isCut)
    this.client = next
    this.listener = other
    await Promise.all([client.close(), listener.close()])
    return undefined
  }

  async #run(commands: readonly RandomCommand[], protocol: 2 | 3): Promise<Outcome> {
    const replies = await this.#send([
      ['RESET'],
      ['FLUSHALL'],
      ['HELLO', protocol],
      ...commands.map(({ argv }) => argv),
      ['RESET'],
      ['PUBLISH', '__keyend__:', ''],
    ])
    return { replies: replies.slice(3, -2), events: await this.#events(), state: await this.#state() }
  }

  async #send(commands: readonly (readonly (string | number)[])[]): Promise<Reply[]> {
    if (!this.isCut) return this.client.sendMany(commands)
    const bytes = commands.map(encode).join('')
    // The same commands are cut at the same places, so that what is found can be found again.
    const random = randomFrom(bytes.length)
    const replies = this.client.raw('', commands.length)
    replies.catch(() => {})
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + Math.floor(random() ** 4 * 4000)
      this.client.raw(bytes.slice(at, at + length), 0)
      at += length
      if (random() < 0.7) await new Promise(resolve => setImmediate(resolve))
    }
    return replies
  }

  /** Ends the session: events of what comes after it are not asked for. */
  async #events(): Promise<string[]> {
    const events: string[] = []
    for (;;) {
      const message = await this.listener.nextPush()
      const [, , channel, text] = 'items' in message ? message.items : []
      if (channel?.type !== 'bulk' || text?.type !== 'bulk') throw new Error(`no message: ${JSON.stringify(message)}`)
      if (channel.value === '__keyend__:') return events
      events.push(`${channel.value} ${text.value}`)
    }
  }

  async #state(): Promise<Outcome['state']> {
    const state: { about: string; compare: Comparison; reply: Reply }[] = []
    for (const database of [0, 1, 2]) {
      await this.client.send('SELECT', database)
      const types = await this.client.sendMany(allKeys.map(key => ['TYPE', key]))
      const asked: { argv: string[]; compare: Comparison }[] = [{ argv: ['KEYS', '*'], compare: 'unordered' }]
      for (const [i, key] of allKeys.entries()) {
        const type = types[i]!
        const read = type.type === 'status' ? READS[type.value] : undefined
        if (read === undefined) continue
        asked.push({ argv: [read.name, key, ...read.rest], compare: read.compare })
        asked.push({ argv: ['PTTL', key], compare: 'near' }, { argv: ['OBJECT', 'ENCODING', key], compare: 'exact' })
      }
      const replies = await this.client.sendMany(asked.map(({ argv }) => argv))
      for (const [i, { argv, compare }] of asked.entries()) {
        state.push({ about: `SELECT ${database}, ${asLine(argv)}`, compare, reply: replies[i]! })
      }
    }
    // What has been read may have missed: those events are nobody's concern.
    await this.client.send('PUBLISH', '__keyend__:', '')
    await this.#events()
    return state
  }

  async close(): Promise<void> {
    await Promise.all([this.client.close(), this.listener.close()])
    await this.server.stop()
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let hash = Math.imul(state ^ (state >>> 15), state | 1)
    hash = (hash + Math.imul(hash ^ (hash >>> 7), hash | 61)) ^ hash
    return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32
  }
}

/** How to read all that a key of a type holds. */
const READS: Readonly<Record<string, { name: string; rest: readonly string[]; compare: Comparison }>> = {
  string: { name: 'GET', rest: [], compare: 'exact' },
  hash: { name: 'HGETALL', rest: [], compare: 'pairs' },
  list: { name: 'LRANGE', rest: ['0', '-1'], compare: 'exact' },
  set: { name: 'SMEMBERS', rest: [], compare: 'unordered' },
  zset: { name: 'ZRANGE', rest: ['0', '-1', 'WITHSCORES'], compare: 'exact' },
}

/** Whether the replies agree, as far as they have to. `inside`: how each element of EXEC's reply is compared. */
function alike(our: Reply, their: Reply, compare: Comparison, inside?: readonly Comparison[]): boolean {
  if (our.type !== their.type) return false
  if (inside !== undefined && our.type === 'array' && their.type === 'array') {
    const { items } = our
    if (items.length !== their.items.length) return false
    return their.items.every((item, i) => alike(items[i]!, item, inside[i] ?? 'exact'))
  }
  const [a, b] = [JSON.stringify(our, withBigints), JSON.stringify(their, withBigints)]
  if (a === b) return true
  switch (compare) {
    case 'exact':
      return false
    case 'unordered':
    case 'fields':
    case 'pairs':
      return sorted(our, compare) === sorted(their, compare)
    case 'near':
      return our.type === 'integer' && their.type === 'integer' && isNear(Number(our.value), Number(their.value))
    case 'type':
      return our.type !== 'error' && sizeOf(our) === sizeOf(their)
  }
}

/** Seconds, or milliseconds when they are many: the servers do not run a command at the same moment. */
function isNear(a: number, b: number): boolean {
  return a >= 0 && b >= 0 && Math.abs(a - b) <= (a > 500_000 ? 5000 : 5)
}

function sizeOf(reply: Reply): number {
  return 'items' in reply ? reply.items.length : 'entries' in reply ? reply.entries.length : -1
}

/** A text that is the same for the same elements in another order. A scan's reply has its elements one level down. */
function sorted(reply: Reply, compare: Comparison): string {
  let elements: readonly unknown[]
  if ('entries' in reply) elements = reply.entries
  else if (!('items' in reply)) return JSON.stringify(reply)
  else if (reply.items[1]?.type === 'array' && reply.items[0]?.type === 'bulk') {
    return `${reply.items[0].value} ${sorted(reply.items[1], compare)}`
  } else if (compare === 'pairs' && reply.items[0]?.type === 'bulk') elements = inPairs(reply.items)
  else elements = reply.items
  return `${reply.type} ${elements.map(element => JSON.stringify(element, withBigints)).sort()}`
}

function inPairs(items: readonly Reply[]): Reply[][] {
  return Array.from({ length: Math.ceil(items.length / 2) }, (_, i) => items.slice(2 * i, 2 * i + 2))
}

function withBigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

function told(about: string, after: number, our: unknown, their: unknown): Differing {
  const show = (value: unknown): string => JSON.stringify(value, withBigints) ?? 'nothing'
  return { text: `${about}\n  krmt:  ${show(our)}\n  redis: ${show(their)}`, after }
}

function asLines(commands: readonly RandomCommand[]): string {
  return commands.map(({ argv }) => asLine(argv)).join('\n')
}

/** As redis-cli takes it. */
function asLine(argv: readonly string[]): string {
  return argv.map(word => (/^[\w.:+*#-]+$/.test(word) ? word : quoteArg(word))).join(' ')
}
