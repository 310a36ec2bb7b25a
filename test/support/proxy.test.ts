import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { portOf } from './ports.js'
import { type Fate, startProxy, type TcpProxy } from './proxy.js'

/** What one side has got until now, and whether its connection has ended. */
interface End {
  text: string
  isClosed: boolean
  socket: Socket
}

describe('the proxy', () => {
  let server: Server
  let proxy: TcpProxy
  /** The server's ends of the connections, in the order in which they were made. */
  let served: End[]
  const open: Socket[] = []

  beforeEach(async () => {
    served = []
    server = await answering('')
    proxy = await startProxy(portOf(server))
  })
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.destroy()
    await proxy.close()
    server.close()
  })

  /** A server that answers each write by the same in capitals, after a word of its own. */
  async function answering(word: string): Promise<Server> {
    const answerer = createServer(socket => {
      const end = endOf(socket)
      served.push(end)
      socket.on('data', text => socket.write(word + String(text).toUpperCase()))
    })
    answerer.listen(0, '127.0.0.1')
    await once(answerer, 'listening')
    return answerer
  }

  function endOf(socket: Socket): End {
    const end: End = { text: '', isClosed: false, socket: socket.setNoDelay(true).setEncoding('latin1') }
    open.push(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      end.isClosed = true
    })
    socket.on('data', text => {
      end.text += String(text)
    })
    return end
  }

  async function client(): Promise<End> {
    const number = served.length
    const socket = connect(proxy.port, '127.0.0.1')
    const end = endOf(socket)
    await once(socket, 'connect')
    if (number > 0) await vi.waitFor(() => expect(proxy.accepted).toBe(number + 1), { interval: 5 })
    return end
  }

  /** Sends something, and waits until its answer is there. */
  async function exchange(end: End, text: string): Promise<void> {
    const answered = end.text + text.toUpperCase()
    end.socket.write(text)
    await vi.waitFor(() => expect(end.text).toBe(answered), { interval: 5 })
  }

  test.each<[direction: 'fate' | 'answerFate', fate: Fate, server: string, client: string, end: 'open' | 'closed']>([
    ['fate', 'pass', 'ping', 'PING', 'open'],
    ['fate', 'delay', 'ping', 'PING', 'open'],
    ['fate', 'cut before', '', '', 'closed'],
    ['fate', 'cut during', 'pi', '', 'closed'],
    ['fate', 'cut after', 'ping', '', 'closed'],
    ['fate', 'half-open', 'ping', '', 'open'],
    ['answerFate', 'pass', 'ping', 'PING', 'open'],
    ['answerFate', 'delay', 'ping', 'PING', 'open'],
    ['answerFate', 'cut before', 'ping', '', 'closed'],
    ['answerFate', 'cut during', 'ping', 'PI', 'closed'],
    ['answerFate', 'cut after', 'ping', 'PING', 'closed'],
    ['answerFate', 'half-open', 'ping', '', 'open'],
  ])('%s: %s', async (direction, fate, there, here, state) => {
    const end = await client()
    const other = await client()
    await exchange(end, 'hello')
    await exchange(other, 'hello')
    // That of one connection is not that of another.
    proxy[direction] = (_bytes, connection) => (connection === 0 ? fate : 'pass')
    end.socket.write('ping')
    await vi.waitFor(() => {
      expect(served[0]?.text).toBe(`hello${there}`)
      expect(end).toMatchObject({ text: `HELLO${here}`, isClosed: state === 'closed' })
      expect(served[0]?.isClosed).toBe(state === 'closed')
    })
    await exchange(other, 'ping')
    expect(proxy.connections).toBe(state === 'closed' ? 1 : 2)
    // From then on: all, or nothing, comes through.
    proxy[direction] = () => 'pass'
    end.socket.write('more')
    await exchange(other, 'more')
    if (here === 'PING' && state === 'open') await vi.waitFor(() => expect(end.text).toBe('HELLOPINGMORE'))
    else expect([served[0]?.text, end.text]).toEqual([`hello${there}`, `HELLO${here}`])
  })

  test.each(['fate', 'answerFate'] as const)('%s: what is delayed is not overtaken', async direction => {
    const end = await client()
    await exchange(end, 'hello')
    const fates: Fate[] = ['delay', 'pass', 'delay']
    proxy[direction] = () => fates.shift() ?? 'pass'
    const start = performance.now()
    end.socket.write('a')
    await vi.waitFor(() => expect(proxy.sent).toContain('a'), { interval: 1 })
    for (const text of ['b', 'c', 'd']) end.socket.write(text)
    await vi.waitFor(() => expect(end.text).toBe('HELLOABCD'))
    expect(performance.now() - start).toBeGreaterThanOrEqual(19)
  })

  test('notes what is sent and answered', async () => {
    const end = await client()
    await exchange(end, 'one')
    await exchange(end, 'two')
    expect(proxy.sent).toEqual(['one', 'two'])
    expect(proxy.answered).toEqual(['ONE', 'TWO'])
    expect([proxy.accepted, proxy.connections]).toEqual([1, 1])
  })

  test('plays a server that is down, and back', async () => {
    const end = await client()
    await exchange(end, 'hello')
    await proxy.refuse()
    await vi.waitFor(() => expect([end.isClosed, served[0]?.isClosed]).toEqual([true, true]))
    await expect(client()).rejects.toThrow('ECONNREFUSED')
    expect(proxy.connections).toBe(0)
    const { port } = proxy
    await proxy.accept()
    expect(proxy.port).toBe(port)
    await exchange(await client(), 'hello')
  })

  test('freezes, and passes on what came meanwhile when it thaws', async () => {
    const before = await client()
    const delayed = await client()
    await exchange(before, 'a')
    await exchange(delayed, 'a')
    proxy.fate = bytes => (bytes === 'late' ? 'delay' : 'pass')
    delayed.socket.write('late')
    await vi.waitFor(() => expect(proxy.sent).toContain('late'), { interval: 1 })
    proxy.freeze()
    const meanwhile = await client()
    before.socket.write('b')
    meanwhile.socket.write('c')
    served[0]?.socket.write('pushed')
    // Another way to the server is not frozen: what comes through that has had its time to come through this one.
    const direct = endOf(connect(portOf(server), '127.0.0.1'))
    const since = performance.now()
    await vi.waitFor(async () => {
      await exchange(direct, 'd')
      expect(performance.now() - since).toBeGreaterThan(40)
    })
    expect([before.text, delayed.text, meanwhile.text]).toEqual(['A', 'A', ''])
    expect([before, delayed, meanwhile].map(({ isClosed }) => isClosed)).toEqual([false, false, false])
    expect(proxy.sent).toEqual(['a', 'a', 'late'])
    proxy.thaw()
    await vi.waitFor(() => {
      expect(before.text).toMatch(/^A(pushedB|Bpushed)$/)
      expect([delayed.text, meanwhile.text]).toEqual(['ALATE', 'C'])
    })
  })

  test('who closes while it is frozen is closed when it thaws', async () => {
    const end = await client()
    await exchange(end, 'a')
    proxy.freeze()
    end.socket.end()
    await exchangeElsewhere()
    expect(served[0]?.isClosed).toBe(false)
    proxy.thaw()
    await vi.waitFor(() => expect(served[0]?.isClosed).toBe(true))
    await vi.waitFor(() => expect(proxy.connections).toBe(0))
  })

  async function exchangeElsewhere(): Promise<void> {
    await exchange(endOf(connect(portOf(server), '127.0.0.1')), 'x')
  }

  test('can be sent to another server', async () => {
    const other = await answering('other: ')
    const end = await client()
    await exchange(end, 'a')
    proxy.to = portOf(other)
    const next = await client()
    next.socket.write('b')
    await vi.waitFor(() => expect(next.text).toBe('other: B'))
    await exchange(end, 'b')
    other.close()
  })
})
