import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../support/run.js'
import { root } from './tarball.js'

/** One suite of several tests, some of which need redis-server. */
const SUITE = 'test/support/support.test.ts'

describe('npm test, where there is no redis-server', () => {
  let path: string

  beforeAll(() => {
    path = mkdtempSync(join(tmpdir(), 'krmt-path-'))
    symlinkSync(process.execPath, join(path, 'node'))
  })
  afterAll(() => rmSync(path, { recursive: true, force: true }))

  const npmTest = (env: Record<string, string>) =>
    run('node', ['scripts/test.mjs', SUITE], {
      cwd: root,
      env: { ...env, PATH: path, VITEST: '', KRMT_TEST_REPORT: join(path, 'report.json') },
    })

  test('runs the rest, passes, and says in its last line what it left out and how to get it', async () => {
    const { code, stdout, stderr } = await npmTest({ CI: '' })
    expect(code, stdout + stderr).toBe(0)
    expect(stdout).toMatch(/Tests .*[1-9]\d* passed/)
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      `Not run, for want of redis-server 7.0 on PATH (Debian 12: apt-get install redis-server redis-tools): ${SUITE}`,
    )
  })

  test('fails in CI', async () => {
    const { code, stdout, stderr } = await npmTest({ CI: 'true' })
    expect(code).toBe(1)
    expect(stdout + stderr).toContain('wanted redis-server 7.0.x on PATH, found none')
  })
})
