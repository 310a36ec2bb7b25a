import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { splitArgs } from '../../src/bytes/split-args.js'
import { type Command, FlagBit } from '../../src/registry/command.js'
import {
  type Propagating,
  startPropagatingKrmt,
  startRedisWithFile,
  startRedisWithReplica,
  withTimesOf,
} from '../support/propagated.js'
import { describeWithRedis } from '../support/redis-server.js'
import type { Argv } from '../support/replica.js'
import { connect, type RespClient } from '../support/resp-client.js'

/** What krmt's feed of effects gives to replicas and files, beside what redis-server sends to a replica and writes to its file. */
describeWithRedis('the feed of effects', () => {
  let krmt: Awaited<ReturnType<typeof startPropagatingKrmt>>
  let master: Propagating
  let writer: Propagating
  const propagated = new Set<string>()

  beforeAll(async () => {
    ;[krmt, master, writer] = await Promise.all([
      startPropagatingKrmt({ config: { 'enable-debug-command': 'yes' } }),
      startRedisWithReplica(),
      startRedisWithFile(),
    ])
  })
  afterAll(async () => {
    await Promise.all([krmt?.stop(), master?.stop(), writer?.stop()])
  })

  /**
   * Sends the same lines to all three, and compares after each what it had them propagate, SELECT, MULTI and EXEC included.
   * In front of a line may stand `2>`, for the session's second connection, or `[random]`, when the members that SREM takes
   * are chance, and only their number is compared.
   */
  function session(name: string, lines: string): void {
    test(name, async () => {
      const sides = await Promise.all([krmt, master, writer].map(side => Side.open(side)))
      const [ours, theirs, theirFile] = sides as [Side, Side, Side]
      try {
        for (const [number, text] of lines.split('\n').entries()) {
          const line = parseLine(text)
          if (line === undefined) continue
          await Promise.all(sides.map(side => side.run(line)))
          const where = `line ${number + 1}: ${text.trim()}`
          const [our, their, ourFile, written] = (
            await Promise.all([krmt.toReplica(), master.toReplica(), krmt.toFile(), writer.toFile()])
          ).map(commands => (line.isRandom ? withoutMembers(commands!) : commands!)) as [Argv[], Argv[], Argv[], Argv[]]
          expect(withTimesOf(their, our), `${where}\nto a replica`).toEqual(their)
          expect(withTimesOf(written, ourFile), `${where}\nto a file`).toEqual(written)
          if (our.length > 0) propagated.add(fullNameOf(line.argv))
        }
        expect([theirs.errors, theirFile.errors]).toEqual([ours.errors, ours.errors])
      } finally {
        await Promise.all(sides.map(side => side.close()))
      }
    })
  }

  session(
    'strings',
    `
    SET a 1
    sEt a "two \\x00\\xff words"
    SET a 1 NX
    SET a 1 XX
    SET b 1 XX
    SET b 1 NX
    SET a 2 GET
    SET a 3 gEt XX
    SET a 3 NX GET
    SET a 3 GET GET XX GET
    SET a get GET
    SET a 1 EX 1000
    SET a 1 px 1000000
    SET a 1 EXAT 33000000000
    SET a 1 PXAT 33000000000001
    SET a 007 EX 1000 GET
    SET a 1 EX 1000 NX
    SET a 1 KEEPTTL
    SET a 1 KEEPTTL GET
    SET a 1 PXAT 9223372036854775807
    SET a 1 EX 9223372036854775807
    SET a 1 EX 0
    SET a 1 PX
    SETNX a 1
    SETNX c 1
    SETEX a 1000 1
    setex a 1000 1
    SETEX a -1 1
    PSETEX a 1000000 1
    SET a 1 PXAT 9007199254740993
    SET a 1 EXAT 9007199254740993
    GETEX a PXAT 9007199254740993
    GETSET a 5
    getset new 5
    GETDEL a
    GETDEL a
    MSET a 1 b 2
    MSETNX a 1 d 2
    MSETNX e 1 f 2
    APPEND a x
    APPEND a ""
    SETRANGE a 1 yy
    SETRANGE a 1 ""
    SETRANGE nokey 1 ""
    SETRANGE nokey 2 a
    GET a
    INCR b
    INCR a
    DECR b
    INCRBY b 5
    INCRBY b 0
    DECRBY b 5
    DECRBY b -9223372036854775808
    INCRBYFLOAT b 1.5
    INCRBYFLOAT b 0
    INCRBYFLOAT f 3.0e3
    INCRBYFLOAT f x
    `,
  )

  session(
    'GETEX',
    `
    SET a 1
    GETEX a
    GETEX a PERSIST
    GETEX a EX 1000
    GETEX a px 1000000
    GETEX a EXAT 33000000000
    GETEX a PXAT 9223372036854775807
    getex a PERSIST
    GETEX a EX 0
    GETEX nokey EX 1000
    GETEX a PXAT 1
    GETEX a PXAT 1
    SET a 1
    GETEX a EXAT 1
    `,
  )

  session(
    'bits',
    `
    SETBIT a 7 1
    SETBIT a 7 1
    SETBIT a 7 0
    SETBIT b 0 0
    SETBIT b 0 0
    BITOP OR c a b
    BITOP NOT c c
    BITOP AND c nokey
    BITOP AND c nokey
    BITFIELD d SET u8 0 255 GET u8 0
    BITFIELD d SET u8 0 255
    BITFIELD d GET u8 0
    BITFIELD d INCRBY u8 0 0
    BITFIELD d OVERFLOW FAIL INCRBY u8 0 1
    BITFIELD d INCRBY u8 0 1 INCRBY u8 8 0
    BITFIELD_RO d GET u8 0
    `,
  )

  session(
    'hashes',
    `
    HSET h a 1 b 2
    HSET h a 1
    HSET h a
    HSETNX h a 1
    HSETNX h c 1
    HMSET h a 1 d 5
    HGETALL h
    HINCRBY h a 5
    HINCRBY h a 0
    HINCRBY h x y
    HINCRBYFLOAT h a 1.5
    hincrbyfloat h new 1.5e2
    HINCRBYFLOAT h new 0
    HINCRBYFLOAT h new x
    HDEL h nothing
    HDEL h a nothing
    HDEL h a b c d new
    EXISTS h
    `,
  )

  session(
    'lists',
    `
    LPUSHX l a
    RPUSHX l a
    LPUSH l a b c
    RPUSH l d e f
    LPUSHX l x
    RPUSHX l y
    LPOP l
    RPOP l
    LPOP l 2
    RPOP l 0
    RPOP l 2
    RPOP nokey
    LPOP nokey 2
    LSET l 0 z
    LSET l 0 z
    LSET l 9 z
    RPUSH l a b c d
    LTRIM l 0 -1
    LTRIM l 1 -2
    LREM l 0 nothing
    LREM l -1 c
    LINSERT l BEFORE b a
    LINSERT l AFTER nothing a
    LMOVE l m LEFT RIGHT
    LMOVE l l LEFT RIGHT
    LMOVE nokey m LEFT RIGHT
    RPOPLPUSH l m
    RPOPLPUSH nokey m
    RPUSH l a b c d
    LMPOP 2 nokey l LEFT
    LMPOP 2 nokey l RIGHT COUNT 2
    lmpop 2 nokey l left COUNT 100
    LMPOP 2 nokey l LEFT COUNT 2
    LTRIM m 5 9
    LTRIM m 5 9
    `,
  )

  session(
    'sets',
    `
    SADD s a b c
    SADD s a
    SADD s a d
    SREM s nothing
    SREM s a nothing
    SADD t b x
    SMOVE s t b
    SMOVE s t nothing
    SMOVE s s c
    SADD s x
    SMOVE s t x
    SINTERSTORE d s t
    SINTERSTORE d s t
    SUNIONSTORE d s t
    SDIFFSTORE d t s
    SINTERSTORE d nokey t
    SPOP one
    SADD one a
    SPOP one
    SADD one a
    spop one 5
    SADD one a b c d e f g
    SPOP one 0
    SPOP one -1
    [random] SPOP one
    [random] SPOP one 1
    [random] SPOP one 3
    SRANDMEMBER one 5
    `,
  )

  session(
    'sorted sets',
    `
    ZADD z 1 a 2 b 3 c
    ZADD z 1 a
    ZADD z NX 5 a
    ZADD z XX CH 5 a 5 a
    ZADD z GT 1 a
    ZADD z LT CH 1 a
    ZADD z XX 1 nothing
    ZADD z INCR 2.5 a
    ZADD z NX INCR 2 a
    ZADD z XX INCR 0 a
    ZADD z x a
    ZINCRBY z 1.5 a
    ZINCRBY z 0 a
    ZINCRBY z 0 new
    ZREM z nothing
    ZREM z new nothing
    ZADD y 1 a 2 x 3 y
    ZUNIONSTORE u 2 z y WEIGHTS 2 3 AGGREGATE MAX
    ZINTERSTORE u 2 z y
    ZDIFFSTORE u 2 z y
    ZDIFFSTORE u 1 nokey
    ZDIFFSTORE u 1 nokey
    ZRANGESTORE u y 0 1
    ZRANGESTORE u y (1 +inf BYSCORE LIMIT 0 1
    ZRANGESTORE u nokey 0 1
    ZRANGESTORE u nokey 0 1
    ZADD l 0 a 0 b 0 c 0 d 0 e 0 f
    ZREMRANGEBYLEX l [b (d
    ZREMRANGEBYLEX l [b (d
    ZREMRANGEBYRANK l 0 0
    ZREMRANGEBYRANK l 9 9
    ZREMRANGEBYSCORE l 1 2
    ZREMRANGEBYSCORE l 0 2
    ZADD l 1 a 2 b 3 c 4 d 5 e 6 f 7 g
    ZPOPMIN l
    ZPOPMAX l
    ZPOPMIN l 2
    ZPOPMAX l 0
    ZPOPMAX nokey
    ZMPOP 2 nokey l MIN
    ZMPOP 2 nokey l max COUNT 1
    ZMPOP 2 nokey l MAX COUNT 9
    ZMPOP 2 nokey l MAX COUNT 9
    `,
  )

  session(
    'expiry',
    `
    SET a 1
    EXPIRE a 1000
    EXPIRE a 1000 NX
    expire a 2000 xx
    EXPIRE a 3000 GT XX
    EXPIRE a 4000 LT
    PEXPIRE a 1000000
    EXPIREAT a 33000000000
    EXPIREAT a 9223372036854775
    EXPIREAT a 9007199254740993
    EXPIREAT a 9223372036854776
    PEXPIREAT a 33000000000001
    pexpireat a 33000000000002 XX
    PEXPIREAT a 9223372036854775807
    PERSIST a
    PERSIST a
    EXPIRE nokey 1000
    EXPIRE a 0
    EXPIRE a 0
    SET a 1
    PEXPIREAT a 1
    SET a 1
    EXPIRE a -1000 NX
    SET a 1
    EXPIREAT a 1 XX
    SET a 1
    EXPIRE a 9223372036854775807
    TTL a
    `,
  )

  session(
    'keys that have expired',
    `
    SET a 1 PXAT 1
    GET a
    GET a
    SET a 1 PXAT 1
    SET a 2
    SET a 1 PXAT 1
    SET b 1 PXAT 1
    MGET a b c
    SET a 1 PXAT 1
    SET a 1 PXAT 1
    EXISTS a
    SET a 1 PXAT 1
    DEL a
    SET a 1 PXAT 1
    APPEND a x
    APPEND a x
    SET b 1 PXAT 1
    RENAME b c
    SET b 1 PXAT 1
    RENAME a b
    SET a 1 PXAT 1
    COPY b a
    SET a 1 PXAT 1
    TTL a
    SET a 1 PXAT 1
    TYPE a
    SET a 1 PXAT 1
    SCAN 0 COUNT 100
    SET a 1 PXAT 1
    EXPIRE a 100
    SET a 1 PXAT 1
    LPUSH a x
    SELECT 1
    SET b 1 PXAT 1
    SELECT 0
    COPY b b DB 1
    MULTI
    SET a 1 PXAT 1
    GET a
    EXEC
    EVAL "redis.call('SET', 'a', '1', 'PXAT', 1) redis.set_repl(redis.REPL_NONE) return redis.call('GET', 'a')" 0
    EVAL "redis.call('SET', 'a', '1', 'PXAT', 1) return redis.call('LPUSH', 'a', '1')" 0
    `,
  )

  session(
    'keys and databases',
    `
    MSET a 1 b 2 c 3
    DEL a nokey
    DEL nokey
    UNLINK b nokey
    UNLINK nokey
    RENAME c d
    RENAME d d
    RENAME nokey d
    RENAMENX d e
    SET d 1
    RENAMENX d e
    COPY d f
    COPY d f
    COPY d f REPLACE
    COPY d f DB 3
    COPY nokey f
    MOVE d 3
    MOVE d 3
    MOVE f 3
    SWAPDB 0 3
    SWAPDB 3 3
    SWAPDB 0 99
    SELECT 3
    GET a
    SET a 1
    2> SET a 1
    SET a 2
    2> GET a
    SET a 3
    SELECT 5
    SELECT 3
    SET a 4
    FLUSHDB
    FLUSHDB ASYNC
    FLUSHALL SYNC
    flushall
    FLUSHALL NOW
    2> SET a 1
    `,
  )

  session(
    'messages',
    `
    PUBLISH channel message
    SPUBLISH channel message
    SELECT 4
    publish channel ""
    MULTI
    PUBLISH channel message
    EXEC
    MULTI
    PUBLISH channel message
    SET a 1
    EXEC
    MULTI
    PUBLISH channel message
    SET a 1
    SET b 1
    PUBLISH channel message
    EXEC
    EVAL "redis.call('PUBLISH', 'channel', 'message')" 0
    EVAL "redis.set_repl(redis.REPL_AOF) redis.call('PUBLISH', 'channel', 'message')" 0
    EVAL "redis.set_repl(redis.REPL_REPLICA) redis.call('PUBLISH', 'channel', 'message')" 0
    `,
  )

  session(
    'transactions',
    `
    MULTI
    EXEC
    MULTI
    SET a 1
    EXEC
    MULTI
    SET a 1
    GET a
    EXEC
    MULTI
    GET a
    EXEC
    MULTI
    SET a 1
    LPUSH a 1
    INCR a
    SETNX a 1
    EXPIRE a 1000
    SPOP nokey
    SELECT 2
    SET a 2
    SADD s a b
    SPOP s 5
    EXEC
    SET a 3
    MULTI
    SET a 1
    DISCARD
    MULTI
    SET a 1
    NOSUCHCOMMAND
    EXEC
    WATCH a
    2> SELECT 2
    2> SET a 1
    MULTI
    SET a 4
    EXEC
    MULTI
    SELECT 1
    SET a 4
    EXEC
    SET a 5
    `,
  )

  session(
    'scripts',
    `
    EVAL "return redis.call('SET', KEYS[1], ARGV[1])" 1 a 1
    EVAL "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])" 1 a 1
    EVAL "return redis.call('GET', 'a')" 0
    EVAL_RO "return redis.call('GET', 'a')" 0
    EVAL "for i = 1, 3 do redis.call('INCR', 'a') end" 0
    EVAL "redis.call('INCR', 'a') redis.call('LPUSH', 'a', 'x')" 0
    EVAL "redis.call('INCR', 'a') redis.pcall('LPUSH', 'a', 'x') redis.call('INCRBYFLOAT', 'a', '1.5')" 0
    EVAL "redis.call('SETEX', 'a', 1000, 'x') error('no')" 0
    EVAL "redis.call('SELECT', 3) redis.call('SET', 'a', 'x')" 0
    SET a 1
    EVAL "redis.call('SET', 'a', 'x') redis.call('SELECT', 3) redis.call('SET', 'a', 'x')" 0
    EVAL "redis.call('SADD', 's', 'a') redis.call('SPOP', 's', 1) redis.call('FLUSHALL')" 0
    EVAL "redis.call('SELECT', 1) redis.call('SET', 'a', 'x') redis.call('SELECT', 2) redis.call('SET', 'a', 'x')" 0
    MULTI
    SET a 1
    SELECT 5
    SET a 1
    EXEC
    SELECT 0
    SCRIPT LOAD "return redis.call('SET', KEYS[1], 'sha')"
    EVALSHA 0bf689f51fe7cb2f53b4c7a1d5581b7b9fdace4f 1 a
    EVALSHA ffffffffffffffffffffffffffffffffffffffff 1 a
    MULTI
    EVAL "redis.call('SET', 'a', 'x')" 0
    EXEC
    MULTI
    SET b 1
    EVAL "redis.call('SET', 'a', 'x') redis.call('SET', 'b', 'x')" 0
    SET b 2
    EXEC
    EVAL "#!lua flags=no-writes\\nreturn redis.call('SET', 'a', 'x')" 0
    SCRIPT FLUSH
    `,
  )

  session(
    'redis.set_repl',
    `
    EVAL "redis.set_repl(redis.REPL_NONE) redis.call('SET', 'a', '1')" 0
    EVAL "redis.set_repl(redis.REPL_AOF) redis.call('SET', 'a', '2')" 0
    EVAL "redis.set_repl(redis.REPL_REPLICA) redis.call('SET', 'a', '3')" 0
    EVAL "redis.set_repl(redis.REPL_ALL) redis.call('SET', 'a', '4')" 0
    SET b 1
    EVAL "redis.set_repl(redis.REPL_AOF) redis.call('SET', 'a', '1') redis.set_repl(redis.REPL_ALL) redis.call('SET', 'b', '1')" 0
    EVAL "redis.set_repl(redis.REPL_AOF) redis.call('SET', 'a', '1') redis.set_repl(redis.REPL_REPLICA) redis.call('SET', 'b', '1')" 0
    EVAL "redis.set_repl(redis.REPL_NONE) redis.call('SADD', 's', 'a', 'b') redis.call('SPOP', 's', 5)" 0
    SADD s a b c d
    [random] EVAL "redis.set_repl(redis.REPL_NONE) redis.call('SPOP', 's') redis.call('SPOP', 's', 2)" 0
    EVAL "redis.set_repl(redis.REPL_NONE) redis.call('FLUSHALL')" 0
    `,
  )

  session(
    'functions',
    `
    FUNCTION LOAD "#!lua name=one\\nredis.register_function('one', function(keys, args) return redis.call('SET', keys[1], args[1]) end)"
    FUNCTION LOAD "#!lua name=one\\nredis.register_function('one', function() end)"
    FCALL one 1 a x
    SELECT 1
    FUNCTION LOAD REPLACE "#!lua name=one\\nredis.register_function('one', function(keys, args) for i, key in ipairs(keys) do redis.call('SETEX', key, 1000, args[1]) end end)"
    FCALL one 1 a x
    FCALL one 2 a b x
    FCALL_RO one 1 a x
    FCALL two 1 a x
    FUNCTION RESTORE ${TWO}
    FUNCTION RESTORE ${TWO}
    function restore ${TWO} REPLACE
    FUNCTION DELETE one
    FUNCTION DELETE one
    FCALL two 0
    FUNCTION FLUSH
    FUNCTION FLUSH ASYNC
    FUNCTION LIST
    `,
  )

  test('keys that nobody asks for go one by one', async () => {
    const servers = [krmt, master, writer]
    const sides = await Promise.all(servers.map(side => Side.open(side)))
    for (const side of sides) {
      for (const line of ['MULTI', 'SET a 1 PXAT 1', 'SELECT 1', 'SET b 1 PXAT 1', 'EXEC'])
        await side.run(parseLine(line)!)
    }
    const [ours, theirs] = await Promise.all([krmt, master].map(server => server.toReplica()))
    expect(ours).toEqual(theirs)
    expect(await krmt.toFile()).toEqual(await writer.toFile())
    const goneFrom = async (propagated: () => Promise<Argv[] | undefined>): Promise<Argv[]> => {
      const gone: Argv[] = []
      await vi.waitFor(
        async () => {
          gone.push(...((await propagated()) ?? []))
          expect(gone.filter(([name]) => name === 'DEL')).toHaveLength(2)
        },
        { timeout: 20_000 },
      )
      return gone
    }
    try {
      await Promise.all(sides.map(side => side.run(parseLine('DEBUG SET-ACTIVE-EXPIRE 1')!)))
      const [ourFile, written, our, their] = await Promise.all([
        goneFrom(() => krmt.toFile()),
        goneFrom(() => writer.toFile()),
        goneFrom(() => krmt.toReplica()),
        goneFrom(() => master.toReplica()),
      ])
      // In which order is the server's business.
      for (const gone of [our, ourFile, their, written])
        expect(withDatabases(gone, 1)).toEqual(['0: DEL a', '1: DEL b'])
    } finally {
      await Promise.all(sides.map(side => side.run(parseLine('DEBUG SET-ACTIVE-EXPIRE 0')!)))
      await Promise.all(sides.map(side => side.close()))
    }
  })

  /** As the command table has it: `function|load`. */
  function fullNameOf([name, second = '']: readonly string[]): string {
    const command = krmt.krmt.engine.commands.lookup(name!)
    return (command?.subcommands?.get(second.toLowerCase()) ?? command)?.fullName ?? ''
  }

  test('has been shown for every command that writes', () => {
    const writing: string[] = []
    const visit = (command: Command): void => {
      if (command.run !== undefined && command.has((FlagBit.write | FlagBit.may_replicate) as FlagBit)) {
        writing.push(command.fullName)
      }
      for (const sub of command.subcommands?.values() ?? []) visit(sub)
    }
    for (const command of krmt.krmt.engine.commands.commands()) visit(command)
    expect(writing.length).toBeGreaterThan(70)
    expect(writing.filter(name => !propagated.has(name))).toEqual([])
  })
})

interface Line {
  readonly connection: number
  readonly isRandom: boolean
  readonly argv: string[]
}

function parseLine(text: string): Line | undefined {
  const [, connection = '1', random, command = ''] = /^\s*(?:(\d)>\s*)?(\[random\]\s*)?(.*)$/.exec(text) ?? []
  if (command === '') return undefined
  const argv = splitArgs(command)
  if (argv === undefined) throw new Error(`unbalanced quotes: ${text}`)
  return { connection: Number(connection), isRandom: random !== undefined, argv }
}

function withoutMembers(commands: readonly Argv[]): Argv[] {
  return commands.map(argv => (argv[0] === 'SREM' ? argv.map((word, i) => (i < 2 ? word : '*')) : argv))
}

/** What FUNCTION DUMP of redis-server gives for a library whose function does nothing. */
const TWO = String.raw`"\xf5=#!lua name=two\nredis.register_function(\"two\", function() end)\n\x00]s\xca<\xd0m0\x13"`

/** Each command behind the number of its database, sorted. `selected`: that of the first. */
function withDatabases(commands: readonly Argv[], selected: number): string[] {
  let database = selected
  const lines: string[] = []
  for (const argv of commands) {
    if (argv[0] === 'SELECT') database = Number(argv[1])
    else lines.push(`${database}: ${argv.join(' ')}`)
  }
  return lines.sort()
}

/** One server's connections in a session, which begins with no data, and database 0 selected for what is propagated. */
class Side {
  /** Of commands that failed, the first words of the replies. */
  readonly errors: string[] = []
  readonly #clients = new Map<number, RespClient>()

  private constructor(readonly server: Propagating) {}

  static async open(server: Propagating): Promise<Side> {
    const side = new Side(server)
    await side.run({ connection: 1, isRandom: false, argv: ['FLUSHALL'] })
    await server.toReplica()
    await server.toFile()
    return side
  }

  async run({ connection, argv }: Line): Promise<void> {
    let client = this.#clients.get(connection)
    if (client === undefined) {
      client = await connect({ path: this.server.socketPath })
      this.#clients.set(connection, client)
    }
    const reply = await client.send(...argv)
    if (reply.type === 'error') this.errors.push(`${argv.join(' ')}: ${reply.value.split(' ')[0]}`)
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) await client.close()
  }
}
