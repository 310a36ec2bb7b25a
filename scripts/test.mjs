// `npm test`: everything that must hold before a change lands. Stops at the first stage that fails, but runs all tests.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = name => join(root, 'node_modules/.bin', name)
const folder = mkdtempSync(join(tmpdir(), 'krmt-test-'))
// Where the counts go; CI reads them.
const report = process.env.KRMT_TEST_REPORT ?? join(folder, 'report.json')

const stages = [
  ['Build', process.execPath, ['scripts/build.mjs']],
  ['Types', bin('tsc'), ['-p', '.']],
  ['Lint and format', bin('biome'), ['check', '.']],
  ['Tests', bin('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]],
]

let failed = false
for (const [title, command, args] of stages) {
  console.log(`\n== ${title}`)
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) {
    failed = true
    console.error(`== ${title}: failed`)
    break
  }
}

if (existsSync(report)) {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
  const skipped = testResults.filter(({ assertionResults }) => assertionResults.some(({ status }) => status === 'skipped' || status === 'pending'))
  if (skipped.length > 0) {
    const names = skipped.map(({ name }) => name.replace(`${root}`, '')).join(', ')
    console.log(`\nNot run, since there is no redis-server 7.0 on PATH (on Debian 12: apt-get install redis-server redis-tools): ${names}`)
  }
}
rmSync(folder, { recursive: true, force: true })
process.exit(failed ? 1 : 0)
