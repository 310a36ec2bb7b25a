import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Set-up of the suites that run what users get: builds it, unless that has been done since the last change. */
export default function build(): void {
  const script = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--if-changed'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm run build failed:\n${stdout}${stderr}`)
}
