import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from 'redis'

const program = fileURLToPath(new URL('../dist/esm/src/cli/main.js', import.meta.url))
const kit = ['poong', 'hmsetnx', 'hmsetif', 'bitallpos', 'geo', 'scriptname']

/**
 * Starts krmt with the kit, redis-server, and a gateway with the kit in front of that, each on a port of its own; `krmt`, `redis` and `gateway`
 * are { port, pid, client }.
 */
export async function startServers() {
  const folder = mkdtempSync(join(tmpdir(), 'krmt-bench-'))
  const modules = kit.flatMap(name => ['--module-add', name])
  const krmt = await start(process.execPath, [program, ...modules], folder)
  const redis = await start('redis-server', ['--save', '', '--appendonly', 'no'], folder)
  const upstream = ['--upstream', `redis://127.0.0.1:${redis.port}`]
  const gateway = await start(process.execPath, [program, ...upstream, ...modules], folder)
  return {
    krmt,
    redis,
    gateway,
    async stop() {
      for (const { client, child } of [krmt, gateway, redis]) {
        client.destroy()
        child.kill('SIGKILL')
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function start(command, args, dir) {
  const port = await freePort()
  const child = spawn(command, [...args, '--port', String(port), '--bind', '127.0.0.1', '--dir', dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve, reject) => {
    let log = ''
    child.stdout.on('data', text => {
      log += text
      if (/Ready to accept connections/.test(log)) resolve()
    })
    child.on('error', reject)
    child.on('exit', code => reject(new Error(`${command} ended with ${code}:\n${log}`)))
  })
  const client = createClient({ socket: { port, host: '127.0.0.1' } })
  await client.connect()
  return { port, pid: child.pid, child, client }
}

function freePort() {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** Requests a second that redis-benchmark measures. */
export function redisBenchmark({ port }, args) {
  const { stdout, stderr, status } = spawnSync('redis-benchmark', ['-p', String(port), '--csv', ...args], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`redis-benchmark ${args.join(' ')}: ${stderr}`)
  const line = stdout.trim().split('\n').at(-1)
  return Number(/^".*?(?<!\\)","([\d.]+)"/.exec(line)?.[1] ?? line.split('","')[1])
}
