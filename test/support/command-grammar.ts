import fc from 'fast-check'
import { sentence } from './command-sentence.js'
import { garbage, keyWords, words } from './command-words.js'

/**
 * How two servers' replies to a command are compared.
 *
 *     exact      to the byte
 *     unordered  elements in any order, because the order of a set means nothing
 *     fields     the same, but exact where all collections are small: those have an order
 *     pairs      as fields, of elements that come in twos: a hash's fields and values
 *     near       integers may differ by 5, or 5000 when they are large: times
 *     type       only the type and the length: what is random by nature
 */
export type Comparison = 'exact' | 'unordered' | 'fields' | 'pairs' | 'near' | 'type'

/** A command as it is sent, and how its reply is compared. */
export interface RandomCommand {
  readonly argv: readonly string[]
  readonly compare: Comparison
}

/**
 * Sentences (see command-sentence.ts) by the way in which their replies are compared, one a line, with a weight in front
 * (`3: GET key`) where one is to be more frequent than others. The kinds of words are those of command-words.ts.
 */
type Sentences = Partial<Readonly<Record<Comparison, string>>>

const strings: Sentences = {
  exact: `
    3: SET key value
    2: SET key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT future | PXAT distant | KEEPTTL]
    SETNX key value
    SETEX key seconds value
    PSETEX key milliseconds value
    2: GET key
    GETSET key value
    GETDEL key
    GETEX key [EX seconds | PX milliseconds | EXAT future | PXAT distant | PERSIST]
    MGET key [key ...]
    MSET key value [key value ...]
    MSETNX key value [key value ...]
    GETRANGE key index index
    SUBSTR key index index
    SETRANGE key offset value
    STRLEN key
    2: APPEND key value
    INCR key
    DECR key
    2: INCRBY key integer
    DECRBY key integer
    2: INCRBYFLOAT key float
    LCS key key [LEN] [IDX] [MINMATCHLEN count] [WITHMATCHLEN]
  `,
}

const bits: Sentences = {
  exact: `
    SET key value
    GET key
    3: SETBIT key offset bit
    GETBIT key offset
    BITCOUNT key [index index [BYTE | BIT]]
    2: BITPOS key bit [index [index [BYTE | BIT]]]
    3: BITOP (AND | OR | XOR | NOT) key key [key ...]
    BITFIELD key [GET bits place] [SET bits place integer] [INCRBY bits place integer]
    2: BITFIELD key OVERFLOW (WRAP | SAT | FAIL) [INCRBY bits place integer ...] [SET bits place integer ...]
    BITFIELD key [OVERFLOW (WRAP | SAT | FAIL) INCRBY bits place integer ...] [GET bits place ...]
    BITFIELD_RO key [GET bits place ...]
  `,
}

const hashes: Sentences = {
  exact: `
    3: HSET key field value [field value ...]
    HSETNX key field value
    HMSET key field value [field value ...]
    HGET key field
    HMGET key field [field ...]
    2: HDEL key field [field ...]
    HLEN key
    HSTRLEN key field
    HEXISTS key field
    2: HINCRBY key field integer
    2: HINCRBYFLOAT key field float
    HRANDFIELD key 0 [WITHVALUES]
  `,
  pairs: `
    2: HGETALL key
    HSCAN key 0 COUNT 1000 [MATCH pattern]
    HSCAN key 0 [MATCH pattern] COUNT 1000
    HRANDFIELD key 1000 WITHVALUES
  `,
  fields: `
    HKEYS key
    HVALS key
    HRANDFIELD key 1000
  `,
  type: `
    HRANDFIELD key
    HRANDFIELD key index [WITHVALUES]
  `,
}

const lists: Sentences = {
  exact: `
    2: LPUSH key value [value ...]
    3: RPUSH key value [value ...]
    LPUSHX key value [value ...]
    RPUSHX key value [value ...]
    LPOP key [count]
    RPOP key [count]
    LLEN key
    LINDEX key index
    LSET key index value
    2: LRANGE key index index
    LTRIM key index index
    LREM key index value
    LINSERT key (BEFORE | AFTER) value value
    LPOS key value [RANK index] [COUNT count] [MAXLEN count]
    LMOVE key key (LEFT | RIGHT) (LEFT | RIGHT)
    RPOPLPUSH key key
    LMPOP keys (LEFT | RIGHT) [COUNT count]
  `,
}

const sets: Sentences = {
  exact: `
    4: SADD key member [member ...]
    SREM key member [member ...]
    SISMEMBER key member
    SMISMEMBER key member [member ...]
    SCARD key
    SMOVE key key member
    SINTERCARD keys [LIMIT count]
    SINTERSTORE key key [key ...]
    SUNIONSTORE key key [key ...]
    SDIFFSTORE key key [key ...]
    SPOP key 0
  `,
  unordered: `
    2: SMEMBERS key
    SINTER key [key ...]
    SUNION key [key ...]
    SDIFF key [key ...]
    SSCAN key 0 COUNT 1000 [MATCH pattern]
    SSCAN key 0 [MATCH pattern] COUNT 1000
    SRANDMEMBER key 1000
    SPOP key 1000
  `,
  type: `
    SRANDMEMBER key
    SRANDMEMBER key index
  `,
}

const sortedSets: Sentences = {
  exact: `
    4: ZADD key score member [score member ...]
    2: ZADD key [NX | XX] [GT | LT] [CH] score member [score member ...]
    ZADD key [NX | XX] [GT | LT] [CH] INCR score member
    2: ZINCRBY key score member
    ZREM key member [member ...]
    ZCARD key
    ZSCORE key member
    ZMSCORE key member [member ...]
    ZRANK key member
    ZREVRANK key member
    2: ZRANGE key index index [REV] [WITHSCORES]
    ZRANGE key bound bound BYSCORE [REV] [LIMIT offset index] [WITHSCORES]
    ZREVRANGE key index index [WITHSCORES]
    ZRANGEBYSCORE key bound bound [WITHSCORES] [LIMIT offset index]
    ZREVRANGEBYSCORE key bound bound [WITHSCORES] [LIMIT offset index]
    ZRANGESTORE key key index index [REV]
    ZRANGESTORE key key bound bound BYSCORE [REV] [LIMIT offset index]
    ZCOUNT key bound bound
    ZREMRANGEBYRANK key index index
    ZREMRANGEBYSCORE key bound bound
    ZPOPMIN key [count]
    ZPOPMAX key [count]
    ZMPOP keys (MIN | MAX) [COUNT count]
    ZUNION keys [AGGREGATE (SUM | MIN | MAX)] [WITHSCORES]
    ZUNION 2 key key WEIGHTS score score [AGGREGATE (SUM | MIN | MAX)] [WITHSCORES]
    ZINTER keys [AGGREGATE (SUM | MIN | MAX)] [WITHSCORES]
    ZINTER 2 key key WEIGHTS score score [WITHSCORES]
    ZDIFF keys [WITHSCORES]
    ZUNIONSTORE key keys [AGGREGATE (SUM | MIN | MAX)]
    ZUNIONSTORE key 2 key key WEIGHTS score score [AGGREGATE (SUM | MIN | MAX)]
    ZINTERSTORE key keys [AGGREGATE (SUM | MIN | MAX)]
    ZINTERSTORE key 2 key key [WEIGHTS score score]
    ZDIFFSTORE key keys
    ZINTERCARD keys [LIMIT count]
    ZRANDMEMBER key 0 [WITHSCORES]
  `,
  pairs: `
    ZSCAN key 0 COUNT 1000 [MATCH pattern]
    ZSCAN key 0 [MATCH pattern] COUNT 1000
    ZRANDMEMBER key 1000 WITHSCORES
  `,
  type: `
    ZRANDMEMBER key
    ZRANDMEMBER key index [WITHSCORES]
  `,
}

/**
 * The order of members means something only where the scores are the same; where they are not, what Redis answers
 * depends on how it holds the set, and in a skip list on chance. So these sets stay small, with short members.
 */
const lexicographic: Sentences = {
  exact: `
    4: ZADD key 0 letter [0 letter ...]
    ZREM key letter [letter ...]
    ZRANGE key index index [REV] [WITHSCORES]
    ZRANGE key lex lex BYLEX [REV] [LIMIT offset index]
    ZRANGEBYLEX key lex lex [LIMIT offset index]
    ZREVRANGEBYLEX key lex lex [LIMIT offset index]
    ZRANGESTORE key key lex lex BYLEX [REV] [LIMIT offset index]
    ZLEXCOUNT key lex lex
    ZREMRANGEBYLEX key lex lex
    ZPOPMIN key [count]
    ZUNIONSTORE key 2 key key AGGREGATE MIN
    ZINTERSTORE key 2 key key AGGREGATE MAX
  `,
}

const keys: Sentences = {
  exact: `
    DEL key [key ...]
    UNLINK key [key ...]
    EXISTS key [key ...]
    TOUCH key [key ...]
    2: TYPE key
    2: RENAME key key
    RENAMENX key key
    3: COPY key key [DB database] [REPLACE]
    MOVE key database
    SWAPDB database database
    SELECT database
    2: SELECT 0
    DBSIZE
    FLUSHDB [ASYNC | SYNC]
    FLUSHALL [ASYNC | SYNC]
    2: OBJECT ENCODING key
    OBJECT FREQ key
    2: EXPIRE key seconds [NX | XX]
    PEXPIRE key milliseconds [NX | XX]
    2: EXPIREAT key second [NX | XX] [GT | LT]
    2: PEXPIREAT key millisecond [NX | XX] [GT | LT]
    PERSIST key
    PING [value]
    ECHO value
    NOSUCHCOMMAND value [value ...]
    OBJECT value key
  `,
  near: `
    TTL key
    PTTL key
    EXPIRETIME key
    PEXPIRETIME key
  `,
  unordered: `
    KEYS pattern
    KEYS *
    SCAN 0 COUNT 1000 [MATCH pattern] [TYPE (STRING | HASH | LIST | SET | ZSET | value)]
    SCAN 0 [MATCH pattern] COUNT 1000
  `,
  type: `
    OBJECT REFCOUNT key
    OBJECT IDLETIME key
  `,
}

const transactions: Sentences = {
  exact: `
    3: MULTI
    4: EXEC
    DISCARD
    WATCH key [key ...]
    UNWATCH
  `,
}

/** The families, each with the keys that hold mostly values of its own type. */
export const families = {
  strings: { sentences: strings, keys: ['s', 't'] },
  bits: { sentences: bits, keys: ['b', 's'] },
  hashes: { sentences: hashes, keys: ['h', 'i'] },
  lists: { sentences: lists, keys: ['l', 'm'] },
  sets: { sentences: sets, keys: ['u', 'v'] },
  'sorted sets': { sentences: sortedSets, keys: ['y', 'z'] },
  'members in order': { sentences: lexicographic, keys: ['y', 'z'] },
  keys: { sentences: keys, keys: ['s', 'h', 'l', 'v', 'z'] },
  transactions: { sentences: transactions, keys: ['s', 'h', 'z'] },
} as const satisfies Record<string, { sentences: Sentences; keys: readonly string[] }>

export type FamilyName = keyof typeof families

/** Every key that a command may touch. */
export const allKeys: readonly string[] = [...new Set(Object.values(families).flatMap(family => family.keys))]

/** Commands on data that have no sentence here, each with the reason why. */
export const leftOut: Readonly<Record<string, string>> = {
  randomkey: 'its reply is random; written tests have it',
  wait: 'with a wrong word it waits for ever',
}

/** The names of all commands that there are sentences for, in lower case. */
export function commandNames(): Set<string> {
  const texts = Object.values(families).flatMap(({ sentences }) => Object.values(sentences))
  return new Set(texts.flatMap(linesOf).map(({ text }) => text.split(' ')[0]!.toLowerCase()))
}

/** A command of a family, every now and then with a word too few or too many. */
export function commandOf(name: FamilyName): fc.Arbitrary<RandomCommand> {
  const { sentences, keys: own } = families[name]
  const kinds = { ...words, ...keyWords(own, allKeys) }
  const choices = Object.entries(sentences).flatMap(([compare, lines]) =>
    linesOf(lines).map(({ weight, text }) => ({
      weight,
      arbitrary: sentence(text, kinds).map(argv => ({ argv, compare: compare as Comparison })),
    })),
  )
  return fc.oneof(...choices).chain(spoilt)
}

/** Whether a command may make a collection a large one, whose order means nothing: by a word of more than 64 bytes. */
export function makesLarge({ argv }: RandomCommand): boolean {
  return argv.some(word => word.length > 64 || LONG_NUMBER.test(word))
}

/** An increment that makes a number of more than 64 digits. */
const LONG_NUMBER = /e-?\d\d/

function linesOf(text: string): { weight: number; text: string }[] {
  return text
    .trim()
    .split('\n')
    .map(line => {
      const [, weight = '1', rest = ''] = /^\s*(?:(\d+):)?\s*(.*)$/.exec(line) ?? []
      return { weight: Number(weight), text: rest }
    })
}

/** With a word left out or added. */
function spoilt(command: RandomCommand): fc.Arbitrary<RandomCommand> {
  const { argv } = command
  const intact = { weight: 30, arbitrary: fc.constant(command) }
  const more = { weight: 1, arbitrary: garbage.map(word => ({ ...command, argv: [...argv, word] })) }
  if (argv.length === 1 || RANDOM_IF_SHORTER.has(argv[0]!.toUpperCase())) return fc.oneof(intact, more)
  const fewer = fc.integer({ min: 1, max: argv.length - 1 }).map(at => ({ ...command, argv: argv.toSpliced(at, 1) }))
  return fc.oneof(intact, more, { weight: 1, arbitrary: fewer })
}

/** Their replies can be foretold with a count of 0 or 1000 only. */
const RANDOM_IF_SHORTER = new Set(['HRANDFIELD', 'SRANDMEMBER', 'ZRANDMEMBER', 'SPOP'])
