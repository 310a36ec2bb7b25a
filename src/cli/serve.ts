import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type ByteString, toUtf8 } from '../bytes/bytes.js'
import { builtinCommands } from '../commands/builtin.js'
import { configFromArguments } from '../config/arguments.js'
import type { Config } from '../config/config.js'
import { ConfigFileError } from '../config/errors.js'
import { systemClock } from '../engine/clock.js'
import { Engine, type EngineOptions } from '../engine/engine.js'
import { ReplyError } from '../errors.js'
import { createLog } from '../server/log.js'
import { Server } from '../server/server.js'
import { KRMT_VERSION } from '../version.js'

/** `krmt [serve] [file.conf | -] [--name value ...]`: runs until it is told to stop; gives the exit code. */
export async function serve(argv: readonly string[]): Promise<number> {
  let config: Config
  try {
    config = configFromArguments(argv, {
      cwd: process.cwd(),
      stdin: () => readFileSync(0),
      warn: message => process.stderr.write(`${message}\n`, 'latin1'),
    })
  } catch (error) {
    if (!(error instanceof ConfigFileError)) throw error
    const headline = error.place === undefined ? '' : `*** FATAL CONFIG FILE ERROR (krmt ${KRMT_VERSION}) ***\n`
    process.stderr.write(`${headline}${error.message}\n`, 'latin1')
    return 1
  }
  return run(config)
}

/** `krmt dev [module ...] [--name value ...]`: the same, with the modules loaded, and loaded again as they change. */
export function dev(argv: readonly string[]): Promise<number> {
  const options = argv.findIndex(word => word.startsWith('--'))
  const words = options === -1 ? argv : argv.slice(0, options)
  const file = words.filter(word => word === '-' || word.endsWith('.conf')).slice(0, 1)
  const modules = words.filter(word => !file.includes(word)).flatMap(word => ['--module-add', word])
  return serve([...file, '--module-watch', 'yes', ...modules, ...argv.slice(words.length)])
}

async function run(config: Config): Promise<number> {
  const { values } = config
  process.chdir(toUtf8(values.dir))
  config.onChange('dir', () => process.chdir(toUtf8(values.dir)))
  const log = createLog({ clock: systemClock, level: () => values.loglevel, file: () => toUtf8(values.logfile) })
  const stopped = withResolvers()
  let served: { engine: Engine; server: Server; close(): Promise<void> }
  try {
    served = await open({ config, clock: systemClock, random: Math.random, log })
  } catch (error) {
    log.warning(`${reasonOf(error)}: server aborting`)
    return 1
  }
  const { engine, server } = served
  engine.onShutdown = () => stopped.resolve()

  // What a module does outside of its commands (a timer, a promise) must not end the server.
  const survive = (error: unknown) => {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    log.warning(`Uncaught error: ${engine.modules.mapStack(stack)}`)
  }
  process.on('uncaughtException', survive).on('unhandledRejection', survive)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.warning(`Received ${signal} scheduling shutdown...`)
      stopped.resolve()
    })
  }

  log.notice(`krmt ${KRMT_VERSION}, pid ${process.pid}: starting`)
  try {
    const modules = values['module-add']
    log.notice(`Module [<builtin>] loaded ${engine.commands.size} commands.`)
    for (const { path, args } of modules) {
      if (values['module-watch']) await engine.modules.loadOrAwait(path, args)
      else await engine.modules.load(path, args)
    }
    await server.start()
  } catch (error) {
    log.warning(`${reasonOf(error)}: server aborting`)
    await served.close()
    await engine.modules.close()
    return 1
  }
  if (values.pidfile !== '') writeFileSync(toUtf8(values.pidfile), `${process.pid}\n`)
  log.notice(`Ready to accept connections${where(values)}`)

  await stopped.promise
  log.warning('User requested shutdown...')
  await served.close()
  await engine.modules.close()
  if (values.pidfile !== '') rmSync(toUtf8(values.pidfile), { force: true })
  log.warning('krmt is now ready to exit, bye bye...')
  return 0
}

/** What serves: an engine of our own or, with an upstream, a gateway in front of that. */
async function open(options: Omit<EngineOptions, 'builtins'>): Promise<{
  engine: Engine
  server: Server
  close(): Promise<void>
}> {
  if (options.config.values.upstream !== '') {
    const gateway = await (await import('../gateway/open.js')).openGateway(options)
    options.log.notice(`In front of ${gateway.upstream.address.name}`)
    return gateway
  }
  const engine = new Engine({ ...options, builtins: builtinCommands })
  const server = new Server(engine)
  return { engine, server, close: () => server.close() }
}

function reasonOf(error: unknown): string {
  return error instanceof ReplyError ? error.message.replace(/^ERR /, '') : messageOf(error)
}

function where({ port, unixsocket }: { port: number; unixsocket: ByteString }): string {
  const places = [...(port === 0 ? [] : [`port ${port}`]), ...(unixsocket === '' ? [] : [`unix socket ${unixsocket}`])]
  return places.length === 0 ? '' : ` on ${places.join(' and ')}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Promise.withResolvers, which Node 20 does not have. */
function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>(done => {
    resolve = done
  })
  return { promise, resolve }
}
