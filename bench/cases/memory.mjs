import { readFileSync } from 'node:fs'
import { startServers } from '../servers.mjs'

const KEYS = 1_000_000

/**
 * Bytes a key, of a million keys of 16 bytes with values of 32: the growth of a process that has done nothing else
 * before, since what other cases have left behind would be used again.
 */
export const memoryCase = {
  name: 'Memory: keys of 16 bytes, values of 32',
  unit: 'bytes a key',
  aim: '',
  once: true,
  krmt: () => growth('krmt'),
  redis: () => growth('redis'),
}

async function growth(name) {
  const servers = await startServers()
  const { client, pid } = servers[name]
  const before = residentBytes(pid)
  for (let i = 0; i < KEYS; i += 1000) {
    const pairs = Array.from({ length: 1000 }, (_, j) => [`key:${String(i + j).padStart(12, '0')}`, 'x'.repeat(32)])
    await client.sendCommand(['MSET', ...pairs.flat()])
  }
  const grown = residentBytes(pid) - before
  await servers.stop()
  return grown / KEYS
}

/** Resident memory, from the system, so that both are measured alike. */
function residentBytes(pid) {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')
  return Number(pages) * 4096
}
