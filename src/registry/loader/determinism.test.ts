import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createGlobals, type Moment } from './determinism.js'

/** Globals whose command can be begun and ended; its random numbers come from a small generator. */
function setup() {
  let moment: Moment | undefined
  const made = createGlobals(() => moment)
  const run = <T>(now: number, seed: number, command: () => T): T => {
    let state = seed
    const random = () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0
      return state / 2 ** 32
    }
    moment = { now, random }
    try {
      return command()
    } finally {
      moment = undefined
    }
  }
  const globals = made.globals as unknown as typeof globalThis
  const builtins = made.builtins as {
    crypto: typeof import('node:crypto')
    perf_hooks: typeof import('node:perf_hooks')
    timers: typeof import('node:timers')
    'timers/promises': typeof import('node:timers/promises')
  }
  return { globals, builtins, run, dispose: made.dispose }
}

const NOW = Date.UTC(2014, 2, 28, 14, 43, 14, 500)

describe('in a command', () => {
  const { globals, builtins, run } = setup()
  const { Date: D, Math: M, performance: P, crypto: C } = globals

  it.each<[string, () => unknown, unknown]>([
    ['Date.now()', () => D.now(), NOW],
    ['new Date()', () => new D().toISOString(), '2014-03-28T14:43:14.500Z'],
    ['Date()', () => D(), new Date(NOW).toString()],
    ['a date of its own', () => new D(0).getTime(), 0],
    ['Date.UTC()', () => D.UTC(2014, 2, 28, 14, 43, 14, 500), NOW],
    ['a subclass of Date', () => new (class extends D {})().getTime(), NOW],
    ['performance.now()', () => P.now(), NOW],
    ['performance.timeOrigin + now()', () => P.timeOrigin + P.now(), NOW],
    ["node:perf_hooks's performance", () => builtins.perf_hooks.performance.now(), NOW],
    ['globalThis.Date', () => globals.globalThis.Date.now(), NOW],
    ['global.Math', () => globals.global.Math === M, true],
  ])('%s', (_, command, expected) => {
    expect(run(NOW, 1, command)).toEqual(expected)
  })

  it.each<[string, () => unknown]>([
    ['Math.random()', () => M.random()],
    ['crypto.randomUUID()', () => C.randomUUID()],
    ['crypto.getRandomValues()', () => [...C.getRandomValues(new Uint32Array(4))]],
    ["node:crypto's randomBytes()", () => builtins.crypto.randomBytes(8).toString('hex')],
    ["node:crypto's randomInt()", () => builtins.crypto.randomInt(1e6)],
    ["node:crypto's webcrypto", () => builtins.crypto.webcrypto.randomUUID()],
  ])('%s depends on the seed alone', (_, command) => {
    const first = run(NOW, 1, command)
    expect(run(NOW + 1, 1, command)).toEqual(first)
    expect(run(NOW, 2, command)).not.toEqual(first)
    // Outside it is as random as ever.
    expect(command()).not.toEqual(command())
  })

  it('random values have the forms that the real ones have', () => {
    expect(run(NOW, 5, () => C.randomUUID())).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
    run(NOW, 5, () => {
      for (let i = 0; i < 100; i++) expect([10, 11, 12]).toContain(builtins.crypto.randomInt(10, 13))
      expect(() => builtins.crypto.randomInt(5, 5)).toThrow(RangeError)
      expect(() => C.getRandomValues(new Uint8Array(65537))).toThrow(/exceeds 65,?536/)
    })
  })

  it.each<[string, () => unknown]>([
    ['setTimeout()', () => globals.setTimeout(() => undefined, 1)],
    ['setInterval()', () => globals.setInterval(() => undefined, 1)],
    ['setImmediate()', () => globals.setImmediate(() => undefined)],
    ['setTimeout()', () => builtins.timers.setTimeout(() => undefined, 1)],
    ['queueMicrotask()', () => globals.queueMicrotask(() => undefined)],
    ['fetch()', () => globals.fetch('http://localhost')],
    ['crypto.randomBytes() with a callback', () => builtins.crypto.randomBytes(1, () => undefined)],
  ])('%s is refused, with the reason', (name, command) => {
    expect(() => run(NOW, 1, command)).toThrow(`${name} cannot be used while a command runs`)
  })
})

describe('outside of a command', () => {
  it('clocks and classes are the real ones', () => {
    const { globals } = setup()
    const before = Date.now()
    expect(globals.Date.now()).toBeGreaterThanOrEqual(before)
    expect(new globals.Date().getTime()).toBeGreaterThanOrEqual(before)
    expect(new Date()).toBeInstanceOf(globals.Date)
    expect(new globals.Date()).toBeInstanceOf(Date)
    expect([globals.Date.name, globals.Date.length]).toEqual(['Date', 7])
    expect([globals.Math.max(1, 2), globals.Math.PI]).toEqual([2, Math.PI])
    expect(globals.performance.timeOrigin).toBe(performance.timeOrigin)
    expect(globals.performance.mark('x').name).toBe('x')
    expect(globals.crypto.subtle).toBe(crypto.subtle)
  })

  it('what is put on the global object goes with the version', () => {
    const { globals } = setup()
    Object.assign(globals.globalThis, { krmtTest: 1 })
    expect(Reflect.get(globals.globalThis, 'krmtTest')).toBe(1)
    expect('krmtTest' in globals.globalThis).toBe(true)
    expect('krmtTest' in globalThis).toBe(false)
    expect(globals.globalThis.Array).toBe(Array)
    expect('Array' in globals.globalThis).toBe(true)
  })

  it('timers fire, with their arguments, and are then forgotten', async () => {
    const { globals, dispose } = setup()
    expect(await new Promise(resolve => globals.setTimeout(resolve, 1, 'a'))).toBe('a')
    expect(await new Promise(resolve => globals.setImmediate(resolve, 'b'))).toBe('b')
    expect(await promisify(globals.setTimeout)(1, 'c')).toBe('c')
    expect(() => globals.setTimeout('code' as never, 1)).toThrow(TypeError)
    expect(dispose()).toEqual({ timeouts: 0, intervals: 0, immediates: 0 })
  })

  it('timers that wait are counted and stopped; none start later', async () => {
    const { globals, dispose } = setup()
    const fired: string[] = []
    const note = (name: string) => () => fired.push(name)
    globals.setTimeout(note('timeout'), 1)
    globals.setInterval(note('interval'), 1)
    globals.setImmediate(note('immediate'))
    globals.clearTimeout(globals.setTimeout(note('cleared'), 1))
    globals.clearInterval(+globals.setInterval(note('cleared by number'), 1))
    globals.setTimeout(note('closed'), 1).close()
    globals.clearImmediate(globals.setImmediate(note('cleared immediate')))
    const late = globals.setTimeout(note('refreshed late'), 1)
    expect(dispose()).toEqual({ timeouts: 2, intervals: 1, immediates: 1 })
    late.refresh()
    globals.setTimeout(note('late'), 1)
    globals.setImmediate(note('late'))
    // Node fires timers in the order in which they are due: all of those above would be before this one.
    await new Promise(resolve => setTimeout(resolve, 3))
    expect(fired).toEqual([])
  })

  it("node:timers/promises's timers fire, can be aborted, and are stopped like the others", async () => {
    const { builtins, dispose, run } = setup()
    const timers = builtins['timers/promises']
    expect(await timers.setTimeout(1, 'a')).toBe('a')
    expect(await timers.setImmediate('b')).toBe('b')
    await timers.scheduler.yield()
    const ticks: string[] = []
    for await (const tick of timers.setInterval(1, 'c')) if (ticks.push(tick) === 3) break
    expect(ticks).toEqual(['c', 'c', 'c'])
    const controller = new AbortController()
    const waiting = timers.setTimeout(1e6, 'd', { signal: controller.signal })
    controller.abort('why')
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError', cause: 'why' })
    await expect(timers.setTimeout(1, 'e', { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORT_ERR' })
    for (const name of ['setTimeout', 'setInterval', 'setImmediate'] as const) {
      expect(() => run(NOW, 1, () => timers[name](1))).toThrow(`${name}() cannot be used`)
    }
    void timers.setTimeout(1e6)
    void builtins.timers.promises.setImmediate()
    expect(dispose()).toEqual({ timeouts: 1, intervals: 0, immediates: 1 })
  })

  it('a timer that is refreshed after it fired counts again', async () => {
    const { globals, dispose } = setup()
    const timer = await new Promise<NodeJS.Timeout>(resolve => {
      const one: NodeJS.Timeout = globals.setTimeout(() => resolve(one), 1)
    })
    timer.refresh()
    expect(dispose().timeouts).toBe(1)
  })
})
