// `npm test`: everything that must hold before a change lands. Stops at the first stage that fails, but runs all tests.
// `npm test -- words`: only the test files whose paths contain one of the words.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = name => join(root, 'node_modules/.bin', name)
const folder = mkdtempSync(join(tmpdir(), 'krmt-test-'))
// Where the counts go; CI reads them.
const report = process.env.KRMT_TEST_REPORT ?? join(folder, 'report.json')
const words = process.argv.slice(2)

const tests = ['run', ...words, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
const stages = [
  ['Build', process.execPath, ['scripts/build.mjs']],
  ['Types', bin('tsc'), ['-p', '.']],
  ['Lint and format', bin('biome'), ['check', '.']],
  ['Tests', bin('vitest'), tests],
]

try {
  process.exitCode = runStages(words.length === 0 ? stages : stages.slice(-1)) ? 0 : 1
  tellOfSkipped()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function runStages(stages) {
  for (const [title, command, args] of stages) {
    console.log(`\n== ${title}`)
    const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
    if (status === 0) continue
    console.error(`== ${title}: failed`)
    return false
  }
  return true
}

/** Suites that compare with redis-server are skipped where there is none: the last line says so. */
function tellOfSkipped() {
  if (!existsSync(report)) return
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
  const isSkipped = ({ status }) => status === 'skipped' || status === 'pending'
  const skipped = testResults.filter(({ assertionResults }) => assertionResults.some(isSkipped))
  if (skipped.length === 0) return
  const names = skipped.map(({ name }) => relative(root, name)).join(', ')
  console.log(
    `\nNot run, for want of redis-server 7.0 on PATH (Debian 12: apt-get install redis-server redis-tools): ${names}`,
  )
}
