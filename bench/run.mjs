// `npm run bench`: krmt beside redis-server, both driven by redis-benchmark in turn (A B A B …), so that a machine whose speed
// drifts treats both alike. Prints ratios of medians; `--rounds N`, `--only TEXT`, `--markdown`.
import { parseArgs } from 'node:util'
import { commandCases } from './cases/commands.mjs'
import { gatewayCases } from './cases/gateway.mjs'
import { inProcessCases } from './cases/in-process.mjs'
import { kitCases } from './cases/kit.mjs'
import { memoryCase } from './cases/memory.mjs'
import { scriptCases } from './cases/scripts.mjs'
import { startServers } from './servers.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    markdown: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const rows = []

const servers = await startServers()
try {
  const cases = [...commandCases, ...kitCases, ...scriptCases, ...gatewayCases, ...inProcessCases, memoryCase].filter(
    ({ name }) => name.includes(values.only),
  )
  for (const [index, { name, aim, unit = 'requests/s', prepare, krmt, redis, once = false }] of cases.entries()) {
    process.stderr.write(`[${index + 1}/${cases.length}] ${name}\n`)
    await prepare?.(servers)
    const results = { krmt: [], redis: [] }
    for (let round = 0; round < (once ? 1 : rounds); round++) {
      results.krmt.push(await krmt(servers))
      results.redis.push(await redis(servers))
    }
    const pairs = results.krmt.map((value, i) => value / results.redis[i])
    rows.push({
      name,
      unit,
      krmt: median(results.krmt),
      redis: median(results.redis),
      ratio: median(pairs),
      low: Math.min(...pairs),
      high: Math.max(...pairs),
      aim,
    })
  }
} finally {
  await servers.stop()
}
print(rows)

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function print(all) {
  const cells = all.map(({ name, unit, krmt, redis, ratio, low, high, aim }) => [
    name,
    `${thousands(krmt)} ${unit}`,
    `${thousands(redis)} ${unit}`,
    ratio.toFixed(2),
    `${low.toFixed(2)}–${high.toFixed(2)}`,
    aim,
  ])
  const lines = [['case', 'krmt', 'redis-server', 'ratio', 'low–high', 'aim'], ...cells]
  const widths = lines[0].map((_, column) => Math.max(...lines.map(line => line[column].length)))
  const show = line =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
  for (const [index, line] of lines.entries()) {
    console.log(values.markdown ? `| ${show(line).join(' | ')} |` : show(line).join('  '))
    if (index === 0 && values.markdown) console.log(`| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`)
  }
}

function thousands(number) {
  return Math.round(number).toLocaleString('en')
}
