import { redisBenchmark } from '../servers.mjs'

/** Lua scripts: what a call costs, what the language costs, and what names for scripts cost. */
export const scriptCases = [
  ...[1, 16].map(pipeline =>
    script(`EVALSHA of one GET, ${pipeline} a pipeline`, "return redis.call('GET', KEYS[1])", {
      load: piped(pipeline),
      words: ['1', 'key:__rand_int__'],
    }),
  ),
  script(
    'EVALSHA, a rate limiter of five calls',
    `
    local key, now, window, limit = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
    local used = redis.call('ZCARD', key)
    if used >= limit then
      return { 0, redis.call('PTTL', key), redis.call('TTL', key), used }
    end
    redis.call('ZADD', key, now, ARGV[4])
    redis.call('PEXPIRE', key, window)
    return { 1, limit - used - 1, redis.call('EXISTS', key), used + 1 }`,
    // 1,000 users, each with some requests in the window.
    {
      load: ['-c', '50', '-n', '60000', '-r', '1000'],
      words: ['1', 'limit:__rand_int__', '1700000000000', '60000', '100000', 'request:__rand_int__'],
    },
  ),
  script('EVALSHA, a loop of 10,000 additions', 'local sum = 0 for i = 1, 10000 do sum = sum + i end return sum', {
    load: ['-c', '50', '-n', '20000'],
    words: ['0'],
  }),
  script(
    'EVALSHA, cjson decodes and encodes a document of 2 KB',
    "return #cjson.encode(cjson.decode(redis.call('GET', KEYS[1])))",
    {
      load: ['-c', '50', '-n', '40000'],
      words: ['1', 'document'],
      prepare: ({ client }) => client.set('document', DOCUMENT),
    },
  ),
  {
    name: 'EVALNAME of one GET, beside EVALSHA',
    aim: '0.80',
    async prepare({ krmt, redis }) {
      sha = await redis.client.scriptLoad(ONE_GET)
      await krmt.client.scriptLoad(ONE_GET)
      await krmt.client.sendCommand(['SCRIPTNAME', 'SET', 'one-get', sha])
    },
    krmt: ({ krmt }) => redisBenchmark(krmt, [...piped(1), 'EVALNAME', 'one-get', '1', 'key:__rand_int__']),
    redis: ({ redis }) => redisBenchmark(redis, [...piped(1), 'EVALSHA', sha, '1', 'key:__rand_int__']),
  },
]

const ONE_GET = "return redis.call('GET', KEYS[1])"
let sha = ''

/** An order with its lines, as programs keep them: 2 KB. */
const DOCUMENT = JSON.stringify({
  id: 'order:184467',
  customer: { id: 90210, name: 'Ada Lovelace', email: 'ada@example.org', newsletter: false },
  created: 1700000000000,
  paid: true,
  coupon: null,
  lines: Array.from({ length: 20 }, (_, i) => ({
    sku: `SKU-${1000 + i}`,
    title: `Item number ${i}`,
    quantity: 1 + (i % 3),
    price: 9.99 + i,
    tags: ['new', 'sale'],
  })),
})

/** The same script on both. */
function script(name, text, { load, words, prepare }) {
  let digest = ''
  const run = server => redisBenchmark(server, [...load, 'EVALSHA', digest, ...words])
  return {
    name,
    aim: '0.80',
    async prepare({ krmt, redis }) {
      for (const server of [krmt, redis]) {
        digest = await server.client.scriptLoad(text)
        await prepare?.(server)
      }
    },
    krmt: ({ krmt }) => run(krmt),
    redis: ({ redis }) => run(redis),
  }
}

function piped(pipeline) {
  return ['-c', '50', '-P', String(pipeline), '-n', String(pipeline === 1 ? 60_000 : 200_000), '-r', '100000']
}
