import { createServer, type Server } from 'node:net'

/** Where ports are looked for: below those that a system gives to outgoing connections. */
const FIRST = 10_000
const COUNT = 22_000

/**
 * Ports of 127.0.0.1 that nobody listens on. They stay free for as long as nobody asks for just these: a server that
 * goes away and comes back finds its port free, and who connects to it meanwhile is refused. With a port that the
 * system gives to outgoing connections neither is sure: a connection may even be made to itself.
 */
export async function freePorts(count: number): Promise<number[]> {
  const taken: Server[] = []
  try {
    while (taken.length < count) {
      const server = await listen(FIRST + Math.floor(Math.random() * COUNT))
      if (server !== undefined) taken.push(server)
    }
    return taken.map(portOf)
  } finally {
    // Not before all are found, or one might be found twice.
    await Promise.all(taken.map(server => new Promise<unknown>(resolve => server.close(resolve))))
  }
}

/** The port that a server listens on. */
export function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('it listens on no port')
  return address.port
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}
