// How a command that reads and writes is committed in front of a Redis, in two ways, side by side on one redis-server:
//
//   WATCH   on one of a few connections that nobody else uses meanwhile: WATCH and the reads in one round trip, MULTI, the writes and EXEC
//           in the next;
//   script  on one connection that all share: the reads in one round trip, and in the next a script that is given the reads with their
//           replies, makes them again, compares, and writes if nothing has changed.
//
//     node bench/upstream-commit.mjs [rounds]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const rounds = Number(process.argv[2] ?? 5)
const folder = mkdtempSync(join(tmpdir(), 'krmt-bench-'))
const path = join(folder, 'redis.sock')
const server = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', '', '--dir', folder], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
for await (const line of server.stdout) if (String(line).includes('ready to accept')) break

/** Makes the reads again, compares each with what it was, and carries out the writes: ARGV is a list of words in JSON. */
const SCRIPT = `
local reads, writes = cjson.decode(ARGV[1]), cjson.decode(ARGV[2])
for i, read in ipairs(reads) do
  local now = redis.call(unpack(read))
  if now == false then now = '' end
  if tostring(now) ~= ARGV[i + 2] then return 0 end
end
for _, write in ipairs(writes) do redis.call(unpack(write)) end
return 1`

/** One connection; what is sent in one turn of the event loop goes out together. */
class Connection {
  #socket = connect(path)
  #out = ''
  #waiting = []
  #text = ''
  #at = 0

  constructor() {
    this.#socket.on('data', bytes => this.#receive(bytes.latin1Slice()))
  }

  send(commands) {
    if (this.#out === '') setImmediate(() => this.#flush())
    for (const words of commands) {
      this.#out += `*${words.length}\r\n`
      for (const word of words) this.#out += `$${word.length}\r\n${word}\r\n`
    }
    return new Promise(done => this.#waiting.push({ left: commands.length, replies: [], done }))
  }

  close() {
    this.#socket.destroy()
  }

  #flush() {
    this.#socket.write(this.#out, 'latin1')
    this.#out = ''
  }

  #receive(text) {
    this.#text = this.#text.slice(this.#at) + text
    this.#at = 0
    for (;;) {
      const start = this.#at
      const reply = this.#read()
      if (reply === undefined) {
        this.#at = start
        return
      }
      const first = this.#waiting[0]
      first.replies.push(reply)
      if (--first.left === 0) this.#waiting.shift().done(first.replies)
    }
  }

  /** The next reply; undefined when it has not come whole. Errors are thrown: there are to be none. */
  #read() {
    const end = this.#text.indexOf('\r\n', this.#at)
    if (end === -1) return undefined
    const type = this.#text[this.#at]
    const line = this.#text.slice(this.#at + 1, end)
    this.#at = end + 2
    if (type === '-') throw new Error(line)
    if (type === '+') return line
    if (type === ':') return Number(line)
    const length = Number(line)
    if (length === -1) return null
    if (type === '$') {
      if (this.#text.length < this.#at + length + 2) return undefined
      this.#at += length + 2
      return this.#text.slice(this.#at - length - 2, this.#at - 2)
    }
    const items = []
    for (let i = 0; i < length; i++) {
      const item = this.#read()
      if (item === undefined) return undefined
      items.push(item)
    }
    return items
  }
}

/** WATCH, on so many connections. */
function watching(size) {
  const free = Array.from({ length: size }, () => new Connection())
  const all = [...free]
  const queue = []
  return {
    name: `WATCH, ${size} connections`,
    async commit(key, read, write) {
      const connection = free.pop() ?? (await new Promise(resolve => queue.push(resolve)))
      const [, value] = await connection.send([['WATCH', key], read])
      const replies = await connection.send([['MULTI'], write(value), ['EXEC']])
      const next = queue.shift()
      if (next === undefined) free.push(connection)
      else next(connection)
      return replies.at(-1) !== null
    },
    close() {
      for (const connection of all) connection.close()
    },
  }
}

/** The script, on one connection. */
async function scripting() {
  const connection = new Connection()
  const [sha] = await connection.send([['SCRIPT', 'LOAD', SCRIPT]])
  return {
    name: 'script, 1 connection',
    async commit(key, read, write) {
      const [value] = await connection.send([read])
      const words = [JSON.stringify([read]), JSON.stringify([write(value)]), value === null ? '' : String(value)]
      const [isDone] = await connection.send([['EVALSHA', sha, '1', key, ...words]])
      return isDone === 1
    },
    close() {
      connection.close()
    },
  }
}

/** Commands a second by so many callers at a time, each of which tries until it succeeds; and the tries a command. */
async function measure(way, callers, count, call) {
  let next = 0
  let tries = 0
  const began = performance.now()
  const cpu = process.cpuUsage()
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (next < count) {
        const i = next++
        do tries++
        while (!(await call(way, i)))
      }
    }),
  )
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { rate: count / seconds, tries: tries / count, microseconds: (user + system) / count }
}

const median = values => values.toSorted((a, b) => a - b)[values.length >> 1]
const field = (way, i) =>
  way.commit(`h:${i % 100_000}`, ['HEXISTS', `h:${i % 100_000}`, `f${i}`], () => [
    'HSET',
    `h:${i % 100_000}`,
    `f${i}`,
    'value',
  ])
const text = length => (way, i) =>
  way.commit(`s${length}:${i % 1000}`, ['GET', `s${length}:${i % 1000}`], () => [
    'SET',
    `s${length}:${i % 1000}`,
    `${i}`.padEnd(length, 'x'),
  ])
const hot = way => way.commit('hot', ['HGET', 'hot', 'n'], value => ['HSET', 'hot', 'n', `${Number(value ?? 0) + 1}`])

const cases = [
  ['one field of a hash, 1 caller', 1, 5_000, field],
  ['one field of a hash, 16 callers', 16, 20_000, field],
  ['one field of a hash, 50 callers', 50, 40_000, field],
  ['one field of a hash, 200 callers', 200, 40_000, field],
  ['a string of 2 KB, 50 callers', 50, 20_000, text(2048)],
  ['a string of 100 KB, 50 callers', 50, 2_000, text(102_400)],
  ['one counter in a hash, 16 callers', 16, 2_000, hot],
]

const admin = new Connection()
const script = await scripting()
console.log('| case | way | commands/s | beside the script | CPU of the caller, µs a command | tries |')
console.log('| --- | --- | ---: | ---: | ---: | ---: |')
for (const [name, callers, count, call] of cases) {
  for (const size of callers === 1 ? [1] : [16, 50]) {
    const way = watching(size)
    const [ours, theirs, ratios] = [[], [], []]
    for (let round = 0; round < rounds; round++) {
      await admin.send([['FLUSHALL']])
      const a = await measure(way, callers, count, call)
      await admin.send([['FLUSHALL']])
      const b = await measure(script, callers, count, call)
      ours.push(a)
      theirs.push(b)
      ratios.push(a.rate / b.rate)
    }
    for (const [{ name: title }, runs, ratio] of [
      [way, ours, median(ratios).toFixed(2)],
      [script, theirs, '1'],
    ]) {
      const of = what => median(runs.map(run => run[what]))
      const numbers = [Math.round(of('rate')), ratio, Math.round(of('microseconds')), of('tries').toFixed(2)]
      console.log(`| ${[name, title, ...numbers].join(' | ')} |`)
    }
    way.close()
  }
}
admin.close()
script.close()
server.kill()
await once(server, 'exit')
rmSync(folder, { recursive: true })
