import { fromUtf8, toUtf8 } from '../bytes/bytes.js'
import type { CheckedModule } from './check-module.js'

const USAGE = `Usage: krmt check PATH [--leaks] [option value ...]

Checks a module without starting a server: its types, its definition, its examples. PATH is what module-add takes: a file,
a folder, a package, or a module that comes with krmt. What follows it are the module's own options.

  --leaks    also reload it 1,000 times and see how much memory stays behind

The exit code is 0 when all is well, 1 when something is wrong with the module, 2 when it could not be checked.
`

/** `krmt check PATH [--leaks] [option value ...]`: prints a report, gives the exit code. */
export async function check(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(USAGE)
    return 0
  }
  const [path, ...words] = argv.filter(word => word !== '--leaks')
  if (path === undefined || path.startsWith('-')) {
    process.stderr.write(USAGE)
    return 2
  }
  const report = new Report()
  const { locate, loadModule } = await import('./check-module.js')
  const place = locate(path)
  if ('problem' in place) {
    process.stderr.write(`krmt check: ${place.problem}\n`)
    return 2
  }
  const { checkTypes } = await import('./check-types.js')
  report.line('types', await checkTypes(place.entry, process.cwd()))
  const loaded = await loadModule(path, words.map(fromUtf8), process.cwd())
  if ('problem' in loaded) {
    report.line('definition', { ok: false, says: 'the module cannot be loaded', details: loaded.problem })
    return report.end()
  }
  report.line('definition', describe(loaded))
  report.line('examples', await loaded.checkExamples())
  if (argv.includes('--leaks')) {
    const { checkLeaks } = await import('./check-leaks.js')
    report.line('leaks', await checkLeaks({ path, words, examples: loaded.examples }))
  }
  await loaded.close()
  return report.end()
}

/** How one part of the check went. */
export interface Finding {
  /** Undefined if there was nothing to check. */
  readonly ok: boolean | undefined
  /** In half a line. */
  readonly says: string
  /** More, in lines. */
  readonly details?: string
}

function describe({ definition, syntax }: CheckedModule): Finding {
  const { name, version, requires } = definition
  return { ok: true, says: `${name} ${version}, for krmt/module ${requires}`, details: syntax.map(toUtf8).join('\n') }
}

class Report {
  #ok = true

  /** One part's outcome on a line, and indented below it what there is more to say. */
  line(title: string, { ok, says, details = '' }: Finding): void {
    if (ok === false) this.#ok = false
    const verdict = ok === undefined ? '-' : ok ? 'ok' : 'FAILED'
    process.stdout.write(`${title.padEnd(12)} ${verdict.padEnd(7)} ${says}\n`)
    if (details !== '') process.stdout.write(`${details.replace(/^(?=.)/gm, '    ')}\n`)
  }

  end(): number {
    return this.#ok ? 0 : 1
  }
}
