import fc from 'fast-check'
import { command, defineModule, reply, t } from 'krmt/module'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { quoteArg } from '../../src/bytes/split-args.js'
import { builtinCommands } from '../../src/commands/builtin.js'
import { type Clock, systemClock, type Timer } from '../../src/engine/clock.js'
import { allKeys, commandOf, type FamilyName, families } from '../support/command-grammar.js'
import { sentence } from '../support/command-sentence.js'
import { keyWords, words } from '../support/command-words.js'
import { type Held, readDataset } from '../support/dataset.js'
import {
  type Propagating,
  startPropagatingKrmt,
  startRedisWithFile,
  startRedisWithReplica,
  withTimesOf,
} from '../support/propagated.js'
import { describeWithRedis, type RedisServer, startRedisServer } from '../support/redis-server.js'
import type { Argv } from '../support/replica.js'
import { connect, type Reply, type RespClient } from '../support/resp-client.js'

const { KRMT_FUZZ_COMMANDS, KRMT_FUZZ_SEED } = process.env

/** How many commands are sent in all; the environment asks for more. */
const COMMANDS = Number(KRMT_FUZZ_COMMANDS ?? 50_000)
/** The environment gives the one of a run that is to be repeated. */
const SEED = Number(KRMT_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))

const NAMES = Object.keys(families) as FamilyName[]
/** The databases that commands are for. */
const DATABASES = [0, 1, 2]

/** Runs the commands of which it is given the words, each with the number of its words in front. */
const SCRIPT = `
  local at = 1
  while at < #ARGV do
    local count = tonumber(ARGV[at])
    redis.pcall(unpack(ARGV, at + 1, at + count))
    at = at + count + 1
  end`

/** The same as a module's command: it writes all, or nothing when one fails. */
const apply = command({
  name: 'apply',
  summary: 'Writes what the words say.',
  flags: ['write'],
  args: { words: t.oneOrMore(t.bytes()) },
  run({ words: all }, { write }) {
    for (let at = 0; at < all.length; ) {
      const count = Number(String(all[at]!))
      write.call(...all.slice(at + 1, at + 1 + count))
      at += count + 1
    }
    return reply.ok
  },
})
const module = defineModule({ name: 'apply', version: '1.0.0', requires: '^1', commands: [apply] })

describeWithRedis(`the feed of effects of random commands, KRMT_FUZZ_SEED=${SEED}`, () => {
  const clock = new FrozenClock()
  let krmt: Propagating
  /** krmt too, with a clock of its own. */
  let original: Propagating
  let master: Propagating
  let writer: Propagating
  /** What is replayed on. */
  let copy: RedisServer
  let clients: Readonly<Record<'krmt' | 'original' | 'master' | 'writer' | 'copy', RespClient>>
  let sent = 0
  let compared = 0

  beforeAll(async () => {
    ;[krmt, original, master, writer, copy] = await Promise.all([
      startPropagatingKrmt(),
      startPropagatingKrmt({ modules: [module], clock }),
      startRedisWithReplica(),
      startRedisWithFile(),
      startRedisServer(),
    ])
    const to = (server: { socketPath: string }) => connect({ path: server.socketPath })
    clients = {
      krmt: await to(krmt),
      original: await to(original),
      master: await to(master),
      writer: await to(writer),
      copy: await to(copy),
    }
  })
  afterAll(async () => {
    await Promise.all(Object.values(clients ?? {}).map(client => client.close()))
    await Promise.all([krmt?.stop(), original?.stop(), master?.stop(), writer?.stop(), copy?.stop()])
  })

  test.each(NAMES)(
    '%s: is what redis-server propagates',
    async name => {
      await check(name, sessionsOf(name, { isForetold: true }), async commands => {
        const sides = [
          { server: krmt, client: clients.krmt },
          { server: master, client: clients.master },
          { server: writer, client: clients.writer },
        ]
        await Promise.all(sides.map(({ server, client }) => empty(server, client)))
        await Promise.all(sides.map(({ client }) => client.sendMany([...commands, ['RESET']])))
        const [our, their, ourFile, written] = (await Promise.all([
          krmt.toReplica(),
          master.toReplica(),
          krmt.toFile(),
          writer.toFile(),
        ])) as [Argv[], Argv[], Argv[], Argv[]]
        compared += our.length
        expect(withTimesOf(their, our), 'to a replica').toEqual(their)
        expect(withTimesOf(written, ourFile), 'to a file').toEqual(written)
      })
    },
    120_000 + COMMANDS,
  )

  test.each(NAMES)(
    '%s: replayed by redis-server, gives the same data',
    async name => {
      await check(name, sessionsOf(name, { isForetold: false }), async commands => {
        await Promise.all([empty(original, clients.original), clients.copy.send('FLUSHALL')])
        for (const argv of commands) {
          if (argv[0] === LATER) clock.advance(Number(argv[1]))
          else await clients.original.send(...argv)
        }
        await clients.original.send('RESET')
        // The reading finds keys that are due, of which the feed tells then.
        const ours = await readDataset(clients.original, DATABASES)
        const feed = (await original.toReplica())!
        const replies = await clients.copy.sendMany([['SELECT', 0], ...feed])
        expect(replies.slice(1).filter(hasError), `of ${asLines(feed)}`).toEqual([])
        const theirs = await readDataset(clients.copy, DATABASES)
        compared += Object.keys(theirs).length
        expect(rounded(ours)).toEqual(rounded(theirs))
      })
    },
    120_000 + COMMANDS,
  )

  test('had something to compare', () => {
    console.log(`${sent} random commands, ${compared} effects and keys compared, KRMT_FUZZ_SEED=${SEED}`)
    expect(sent).toBeGreaterThanOrEqual(COMMANDS)
    expect(compared).toBeGreaterThan(COMMANDS / 10)
  })

  async function check(
    name: FamilyName,
    sessions: fc.Arbitrary<Argv[]>,
    run: (commands: readonly Argv[]) => Promise<void>,
  ): Promise<void> {
    const wanted = sent + Math.ceil(COMMANDS / (2 * NAMES.length))
    const property = fc.asyncProperty(sessions, async commands => {
      sent += commands.length
      await run(commands)
    })
    for (let seed = SEED + 1_000_000 * NAMES.indexOf(name); sent < wanted; seed++) {
      const details = await fc.check(property, { seed, numRuns: 20 })
      if (!details.failed) continue
      const [commands = []] = details.counterexample ?? []
      throw new Error(
        `To repeat: KRMT_FUZZ_SEED=${SEED} KRMT_FUZZ_COMMANDS=${COMMANDS}; found by fast-check with seed ${details.seed}, ` +
          `path ${details.counterexamplePath}. Paste into redis-cli, on an empty server:\n\n${asLines(commands)}\n`,
        { cause: details.errorInstance },
      )
    }
  }
})

/** No data, and database 0 selected, for the client and for what is propagated. */
async function empty(server: Propagating, client: RespClient): Promise<void> {
  await client.sendMany([['RESET'], ['FLUSHALL']])
  await Promise.all([server.toReplica(), server.toFile()])
}

/**
 * A family's own commands for the most part, as they are or in a script. Where it need not be foretold what they do, also at
 * random, in a module, and on keys that are due.
 */
function sessionsOf(name: FamilyName, { isForetold }: { isForetold: boolean }): fc.Arbitrary<Argv[]> {
  const plain = fc
    .oneof(
      { weight: 10, arbitrary: commandOf(name) },
      ...NAMES.filter(other => other !== name && other !== 'members in order').map(other => ({
        weight: other === 'transactions' || other === 'keys' ? 2 : 1,
        arbitrary: commandOf(other),
      })),
    )
    .map(({ argv }): Argv => [...argv])
    .filter(argv => !isForetold || !mayOnlyGrow(argv))
  const some = fc.array(plain, { minLength: 1, maxLength: 4 }).map(commands => commands.flatMap(counted))
  const scripted = some.map((args): Argv => ['EVAL', SCRIPT, '0', ...args])
  const effects = fc.array(plain.filter(mayBeEffect), { minLength: 1, maxLength: 4 })
  const applied = effects.map((commands): Argv => ['APPLY', ...commands.flatMap(counted)])
  const kinds = { ...words, ...keyWords(families[name].keys, allKeys) }
  const chance = fc.oneof(...CHANCE.map(text => sentence(text, kinds))).map((argv): Argv => [...argv])
  const one = fc.oneof(
    { weight: 6, arbitrary: plain },
    { weight: 1, arbitrary: scripted },
    ...(isForetold
      ? []
      : [
          { weight: 2, arbitrary: applied },
          { weight: 1, arbitrary: chance },
        ]),
  )
  return fc.array(one, { minLength: 1, maxLength: 60, size: 'max' })
}

/** A BITFIELD that fails may leave a string of zero bytes, of which Redis does not tell its replicas. krmt does. */
function mayOnlyGrow(argv: Argv): boolean {
  return argv[0]!.toLowerCase() === 'bitfield' && argv.some(word => word.toLowerCase() === 'fail')
}

/** Whether a module may write it: others it may not even try. */
function mayBeEffect(argv: Argv): boolean {
  return WRITING.has(argv[0]!.toLowerCase())
}

const WRITING = new Set(builtinCommands.filter(({ flags }) => flags.includes('write')).map(({ name }) => name))

function counted(argv: Argv): string[] {
  return [String(argv.length), ...argv]
}

/** No command: time goes on for krmt. */
const LATER = 'LATER'

const CHANCE = [
  'SPOP key [count]',
  'SADD key member member member member',
  'RANDOMKEY',
  'SET key value PXAT 1',
  'SET key value [GET] PX count',
  'PSETEX key 5 value',
  'PEXPIRE key 5',
  'GETEX key PX 5',
  `${LATER} count`,
  `${LATER} count`,
  `${LATER} milliseconds`,
]

/**
 * A clock that stands still between two commands and that goes on when it is told to. It is ahead of redis-server's by so much
 * that no key is ever due there: none goes but what the feed tells to.
 */
class FrozenClock implements Clock {
  #passed = 0

  advance(milliseconds: number): void {
    if (milliseconds > 0) this.#passed += Math.floor(milliseconds)
  }

  now(): number {
    return Date.UTC(2200, 0, 1) + this.#passed
  }

  monotonic(): number {
    return 1000 + this.#passed
  }

  after(milliseconds: number, run: () => void): Timer {
    return systemClock.after(milliseconds, run)
  }
}

/** Beyond 2^53 milliseconds krmt rounds a time to a double. */
function rounded(dataset: Record<string, Held>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(dataset).map(([key, { expiresAt, ...held }]) => [key, { ...held, expiresAt: Number(expiresAt) }]),
  )
}

function hasError(answer: Reply): boolean {
  return answer.type === 'error' || ('items' in answer && answer.items.some(hasError))
}

function asLines(commands: readonly Argv[]): string {
  return commands
    .map(argv => argv.map(word => (/^[\w.:+*#-]+$/.test(word) ? word : quoteArg(word))).join(' '))
    .join('\n')
}
