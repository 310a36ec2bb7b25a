import { connect, createServer, type Socket } from 'node:net'

/** What happens to what a client sends. */
export type Fate =
  | 'pass'
  /** The connection ends, and the server gets nothing of it. */
  | 'cut before'
  /** The server gets half of it, and the connection ends. */
  | 'cut during'
  /** The server gets it, and answers; the answer is lost, and the connection ends. */
  | 'cut after'
  /** The server gets it, and its answer is lost; the connection stays, and nothing more comes through in either direction. */
  | 'half-open'
  /** The server gets it a moment later. */
  | 'delay'

export interface TcpProxy {
  readonly port: number
  /** What has been sent to the server, one entry for each write of a client, in bytes. */
  readonly sent: string[]
  /** Asked about each of them. */
  fate: (bytes: string) => Fate
  close(): Promise<void>
}

/** Listens on a port, of its own unless told otherwise, and passes everything on to a server on another one. */
export async function startProxy(to: number, port = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const upstream = connect(to, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    let isSilent = false
    let isLastReply = false
    client.on('data', bytes => {
      if (isSilent) return
      const text = bytes.toString('latin1')
      proxy.sent.push(text)
      switch (proxy.fate(text)) {
        case 'pass':
          upstream.write(bytes)
          break
        case 'delay':
          setTimeout(() => upstream.write(bytes), 20)
          break
        case 'cut before':
          client.destroy()
          break
        case 'cut during':
          isSilent = true
          upstream.end(bytes.subarray(0, Math.floor(bytes.length / 2)))
          break
        case 'cut after':
          isLastReply = true
          upstream.write(bytes)
          break
        case 'half-open':
          isSilent = true
          upstream.write(bytes)
      }
    })
    upstream.on('data', bytes => {
      if (isLastReply) client.destroy()
      else if (!isSilent) client.write(bytes)
    })
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  const proxy: TcpProxy = {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    sent: [],
    fate: () => 'pass',
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  return proxy
}
