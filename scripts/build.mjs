// Builds the package: dist/esm by tsc, with declarations, and dist/cjs, the same files for `require`, by esbuild.
// Runs on plain Node, since it makes what everything else runs from. `--if-changed`: only if a source is newer.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const started = new Date()
if (process.argv.includes('--if-changed') && builtAt() > newestSource()) process.exit()

// All is made in a folder of its own and then put in place at once: what runs from dist meanwhile finds no gap in it.
const made = join(dist, `.new-${process.pid}`)
const [esm, cjs] = [join(made, 'esm'), join(made, 'cjs')]
try {
  compile()
  await convertToCommonJs()
  keepPublicTypes()
  chmodSync(join(esm, 'src/cli/main.js'), 0o755)
  putInPlace()
} finally {
  rmSync(made, { recursive: true, force: true })
}

/** TypeScript to ES modules. */
function compile() {
  const tsc = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')))
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', esm]
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  return
  rmSync(made, { recursive: true, force: true })
  process.exit(1)
}

/** Each ES module to a CommonJS module of the same name. The program is for Node alone and needs none. */
async function convertToCommonJs() {
  const modules = filesIn(esm).filter(file => file.endsWith('.js') && !file.startsWith('src/cli/'))
  const asksForUrl = file => readFileSync(join(esm, file), 'utf8').includes('import.meta')
  const convert = (files, banner) =>
    build({
      absWorkingDir: esm,
      entryPoints: files,
      outbase: '.',
      outdir: cjs,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      // import() of our own files becomes require(), so that no file is loaded twice.
      supported: { 'dynamic-import': false },
      banner: { js: banner },
      define: { 'import.meta.url': 'importMetaUrl' },
      logLevel: 'warning',
    })
  await convert(
    modules.filter(file => !asksForUrl(file)),
    '"use strict";',
  )
  const url = '"use strict";\nconst importMetaUrl = require("node:url").pathToFileURL(__filename).href;'
  await convert(modules.filter(asksForUrl), url)
  // A scope of its own, in which the kit's modules find `krmt/module` by the package's name, as they do in the other one.
  const scope = { name: 'krmt', type: 'commonjs', exports: { './module': './src/module/index.js' } }
  writeFileSync(join(cjs, 'package.json'), `${JSON.stringify(scope, null, 2)}\n`)
}

/** Declarations: those that the entry points need, for both forms; the others go. */
function keepPublicTypes() {
  const declarations = filesIn(esm).filter(file => file.endsWith('.d.ts'))
  const needed = new Set()
  const visit = file => {
    if (needed.has(file)) return
    needed.add(file)
    const text = readFileSync(join(esm, file), 'utf8')
    for (const [, path] of text.matchAll(/['"](\.{1,2}\/[^'"]+)\.js['"]/g)) visit(join(dirname(file), `${path}.d.ts`))
  }
  for (const name of ['index', 'module/index', 'testing/index']) visit(`src/${name}.d.ts`)
  for (const name of readdirSync(join(esm, 'modules'))) visit(`modules/${name}/index.d.ts`)
  for (const file of declarations) {
    if (needed.has(file)) {
      mkdirSync(join(cjs, dirname(file)), { recursive: true })
      copyFileSync(join(esm, file), join(cjs, file))
    } else {
      rmSync(join(esm, file))
    }
  }
}

function putInPlace() {
  for (const name of ['esm', 'cjs']) {
    if (statSync(join(dist, name), { throwIfNoEntry: false })) renameSync(join(dist, name), join(made, `old-${name}`))
    renameSync(join(made, name), join(dist, name))
  }
  // The time at which the sources were read, for `--if-changed`.
  writeFileSync(join(dist, '.built'), '')
  utimesSync(join(dist, '.built'), started, started)
}

/** Paths, from `folder`, of all files below it. */
function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)))
}

function builtAt() {
  return statSync(join(dist, '.built'), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/** Folders count too: they change when a file comes or goes. */
function newestSource() {
  const below = ['src', 'modules'].flatMap(folder =>
    ['', ...readdirSync(join(root, folder), { recursive: true })].map(path => join(folder, path)),
  )
  const sources = below.filter(path => !path.endsWith('.test.ts'))
  const settings = ['scripts/build.mjs', 'tsconfig.json', 'tsconfig.build.json', 'package.json']
  return Math.max(...[...sources, ...settings].map(path => statSync(join(root, path)).mtimeMs))
}
