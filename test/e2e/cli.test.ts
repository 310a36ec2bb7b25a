import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { manifest } from '../package/tarball.js'
import { connect } from '../support/resp-client.js'
import { freePort, type Program, type ProgramOptions, startProgram } from './support/program.js'

let folder: string
let started: Program[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'krmt-cli-'))
  started = []
})
afterEach(async () => {
  await Promise.all(started.map(program => program.stop('SIGKILL')))
  rmSync(folder, { recursive: true, force: true })
})

function krmt(args: readonly string[], options: ProgramOptions = {}): Program {
  const program = startProgram(args, { cwd: folder, ...options })
  started.push(program)
  return program
}

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** Resolves once a file in the test's folder has a text in it. */
async function hasText(path: string, text: string): Promise<void> {
  const changes = watch(folder)
  const has = (): boolean => existsSync(path) && readFileSync(path, 'utf8').includes(text)
  if (has()) return
  for await (const _ of changes) if (has()) return
}

/** Asks the server on the socket `krmt.sock` in the test's folder. */
async function ask(...argv: string[]): Promise<unknown> {
  const client = await connect({ path: join(folder, 'krmt.sock') })
  const reply = await client.send(...argv)
  await client.close()
  return reply
}

const config = (name: string, value: string) => ({
  type: 'array',
  items: [
    { type: 'bulk', value: name },
    { type: 'bulk', value },
  ],
})

describe('what the program says of itself', () => {
  test.each(['--version', '-v'])('%s', async option => {
    const program = krmt([option])
    expect(await program.ended).toBe(0)
    expect(program.output).toMatch(/^krmt \d+\.\d+\.\d+ \(speaks as Redis 7\.0\.15; node v\d+\.\d+\.\d+\)\n$/)
    expect(program.output).toContain(`krmt ${manifest.version} `)
  })

  test.each(['--help', '-h', 'help'])('%s', async option => {
    const program = krmt([option])
    expect(await program.ended).toBe(0)
    expect(program.output).toMatch(/^Usage: krmt /)
    expect(program.output).toContain('\n  --requirepass\n')
  })
})

describe('a start that is stopped says where and why', () => {
  const failure = async (args: readonly string[], options?: ProgramOptions) => {
    const program = krmt(args, options)
    expect(await program.ended).toBe(1)
    return program.output
  }
  const heading = `*** FATAL CONFIG FILE ERROR (krmt ${manifest.version}) ***\n`

  test('an unknown directive', async () => {
    write('my.conf', 'port 0\n\nmake-coffee yes\n')
    expect(await failure(['my.conf'])).toBe(
      `${heading}Reading the configuration file, at line 3 of my.conf\n` +
        `>>> 'make-coffee yes'\nBad directive or wrong number of arguments\n`,
    )
  })

  test('a bad value', async () => {
    write('my.conf', 'port many\n')
    expect(await failure(['my.conf'])).toBe(
      `${heading}Reading the configuration file, at line 1 of my.conf\n` +
        `>>> 'port many'\nargument couldn't be parsed into an integer\n`,
    )
  })

  test('a mistake in an included file', async () => {
    write('my.conf', 'port 0\ninclude other.conf\n')
    write('other.conf', '# fine\nhz "10\n')
    const output = await failure(['my.conf'])
    expect(output).toContain('at line 2 of other.conf')
    expect(output).toContain('Unbalanced quotes in configuration line')
  })

  test('a mistake on the command line', async () => {
    const output = await failure(['--port', '0', '--databases', '0'])
    expect(output).toContain(`>>> 'databases "0"'`)
    expect(output).toContain('argument must be between 1 and')
  })

  test('a mistake on standard input', async () => {
    const output = await failure(['-'], { input: 'port 0\nhz\n' })
    expect(output).toContain(`at line 2 of standard input\n>>> 'hz'\n`)
  })

  test('a file that is not there', async () => {
    expect(await failure(['none.conf'])).toMatch(/can't open config file '.*none\.conf': No such file or directory/)
  })

  test('a port that is in use', async () => {
    const other = createServer()
    const port = await new Promise<number>(resolve => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port))
    })
    const output = await failure(['--port', String(port), '--bind', '127.0.0.1'])
    other.close()
    expect(output).toContain(
      `# Could not listen on 127.0.0.1:${port}: it is in use already; stop what listens there, or choose another with --port`,
    )
    expect(output).not.toContain('Ready')
  })

  test('a module that cannot be loaded', async () => {
    write('broken.ts', 'export default 1 +\n')
    const output = await failure(['--port', '0', '--module-add', './broken.ts'])
    expect(output).toMatch(/broken\.ts:\d+:\d+/)
    expect(output).not.toContain('Ready')
  })

  test('a module that there is not', async () => {
    const output = await failure(['--port', '0', '--module-add', 'gep'])
    expect(output).toContain("there is no module 'gep'")
    expect(output).toContain('geo')
  })
})

describe('a configuration', () => {
  const socket = (): string[] => ['--port', '0', '--unixsocket', 'krmt.sock']

  test('comes from a file with includes, and the command line wins', async () => {
    write('my.conf', 'hz 20\nmaxclients 100\ninclude more/*.conf\nproto-max-bulk-len 1mb\n')
    mkdirSync(join(folder, 'more'))
    write('more/a.conf', "maxclients 200\nrequirepass 'pass word'\n")
    const program = krmt(['my.conf', ...socket(), '--hz', '30'])
    await program.until('Ready to accept connections')
    expect(await ask('PING')).toEqual({ type: 'error', value: 'NOAUTH Authentication required.' })
    const client = await connect({ path: join(folder, 'krmt.sock') })
    await client.send('AUTH', 'pass word')
    for (const [name, value] of [
      ['hz', '30'],
      ['maxclients', '200'],
      ['proto-max-bulk-len', '1048576'],
    ] as const) {
      expect(await client.send('CONFIG', 'GET', name)).toEqual(config(name, value))
    }
    await client.close()
  })

  test('comes from standard input', async () => {
    const program = krmt(['-', ...socket()], { input: 'hz 42\n' })
    await program.until('Ready to accept connections')
    expect(await ask('CONFIG', 'GET', 'hz')).toEqual(config('hz', '42'))
  })

  test('is written back by CONFIG REWRITE, and serves the next start', async () => {
    write('my.conf', '# mine\nhz 20\n')
    const first = krmt(['my.conf', ...socket()])
    await first.until('Ready to accept connections')
    await ask('CONFIG', 'SET', 'hz', '33', 'module-add', 'hmsetnx')
    expect(await ask('CONFIG', 'REWRITE')).toEqual({ type: 'status', value: 'OK' })
    expect(await first.stop()).toBe(0)
    expect(readFileSync(join(folder, 'my.conf'), 'utf8')).toMatch(/^# mine\nhz 33\n/)
    const second = krmt(['my.conf'])
    await second.until('Ready to accept connections')
    expect(await ask('CONFIG', 'GET', 'hz')).toEqual(config('hz', '33'))
    expect(await ask('HMSETNX', 'k', 'f', 'v')).toEqual({ type: 'status', value: 'OK' })
  })

  test('has a dir, in which relative paths are', async () => {
    mkdirSync(join(folder, 'data'))
    const program = krmt(['--dir', 'data', '--port', '0', '--unixsocket', 'krmt.sock', '--pidfile', 'krmt.pid'])
    await program.until('Ready to accept connections')
    expect(readFileSync(join(folder, 'data/krmt.pid'), 'utf8')).toBe(`${program.pid}\n`)
    expect(existsSync(join(folder, 'data/krmt.sock'))).toBe(true)
  })
})

describe('a running server', () => {
  test('leaves nothing behind: pid file and socket are there while it runs', async () => {
    const socket = join(folder, 'krmt.sock')
    const pidfile = join(folder, 'krmt.pid')
    const program = krmt(['--port', '0', '--unixsocket', socket, '--unixsocketperm', '700', '--pidfile', pidfile])
    await program.until(`Ready to accept connections on unix socket ${socket}`)
    expect(readFileSync(pidfile, 'utf8')).toBe(`${program.pid}\n`)
    expect(statSync(socket).mode & 0o777).toBe(0o700)
    expect(await program.stop('SIGTERM')).toBe(0)
    expect(existsSync(pidfile)).toBe(false)
    expect(existsSync(socket)).toBe(false)
  })

  test('takes over the socket that a killed one has left', async () => {
    const args = ['--port', '0', '--unixsocket', 'krmt.sock']
    const first = krmt(args)
    await first.until('Ready to accept connections')
    expect(await first.stop('SIGKILL')).toBe('SIGKILL')
    expect(existsSync(join(folder, 'krmt.sock'))).toBe(true)
    await krmt(args).until('Ready to accept connections')
    expect(await ask('PING')).toEqual({ type: 'status', value: 'PONG' })
  })

  test('logs to a file, in the format of redis-server', async () => {
    const program = krmt(['--port', '0', '--unixsocket', 'krmt.sock', '--logfile', 'krmt.log', '--module-add', 'poong'])
    // Nothing is printed: that it is ready shows in the file.
    await hasText(join(folder, 'krmt.log'), 'Ready to accept connections')
    await program.stop()
    expect(program.output).toBe('')
    const lines = readFileSync(join(folder, 'krmt.log'), 'utf8').trimEnd().split('\n')
    const format = new RegExp(
      `^${program.pid}:M \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d\\.\\d{3} ([.*#-]) (.*)$`,
    )
    expect(lines.filter(line => !format.test(line))).toEqual([])
    expect(lines.map(line => format.exec(line)?.slice(1).join(' '))).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^\* Module \[<builtin>\] loaded \d+ commands\.$/),
        '* Loading new [poong] module.',
        '* Added command poong [poong]',
        '* poong says hello',
        '* Module [poong] loaded 4 commands.',
        expect.stringMatching(/^\* Ready to accept connections/),
        '# Received SIGTERM scheduling shutdown...',
        '* poong says goodbye',
        '# krmt is now ready to exit, bye bye...',
      ]),
    )
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('ends in order at %s, also with clients connected', async signal => {
    const program = krmt(['--port', '0', '--unixsocket', 'krmt.sock', '--module-add', 'poong'])
    await program.until('Ready to accept connections')
    const client = await connect({ path: join(folder, 'krmt.sock') })
    expect(await client.send('PING')).toEqual({ type: 'status', value: 'PONG' })
    expect(await program.stop(signal)).toBe(0)
    await client.closed
    expect(program.output).toContain(`Received ${signal} scheduling shutdown...`)
    expect(program.output).toContain('poong says goodbye')
  })

  test('ends at SHUTDOWN', async () => {
    const program = krmt(['--port', '0', '--unixsocket', 'krmt.sock'])
    await program.until('Ready to accept connections')
    const client = await connect({ path: join(folder, 'krmt.sock') })
    client.send('SHUTDOWN').catch(() => {}) // there is no reply to it
    expect(await program.ended).toBe(0)
  })
})

describe('npm start', () => {
  test('passes options on, and serves with the modules of the kit', async () => {
    const port = await freePort()
    const root = fileURLToPath(new URL('../..', import.meta.url))
    const args = ['start', '--ignore-scripts', '--', '--port', String(port), '--bind', '127.0.0.1']
    // A process group of its own, so that npm's child can be told to stop.
    const npm = spawn('npm', args, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise(resolve => npm.on('close', resolve))
    try {
      await new Promise<void>((resolve, reject) => {
        let log = ''
        npm.stdout.setEncoding('utf8').on('data', text => {
          log += text
          if (log.includes(`Ready to accept connections on port ${port}`)) resolve()
        })
        npm.on('close', () => reject(new Error(`npm start ended:\n${log}`)))
      })
      const client = await connect({ port })
      expect(await client.send('POONG')).toEqual({ type: 'status', value: 'POOOOOOOOOONG' })
      expect(await client.send('CONFIG', 'GET', 'module-watch')).toEqual(config('module-watch', 'yes'))
      await client.close()
    } finally {
      process.kill(-npm.pid!, 'SIGTERM')
    }
    await ended
  })
})
