// Sends messages to many WebSockets with nothing but `ws`. Started with the number of copies a socket gets of each message; prints its
// port. Each line of its input is a message.
import { createInterface } from 'node:readline'
import { WebSocketServer } from 'ws'

const copies = Number(process.argv[2])
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
server.on('listening', () => console.log(server.address().port))
for await (const message of createInterface(process.stdin))
  for (const socket of server.clients) for (let copy = 0; copy < copies; copy++) socket.send(message)
server.close()
for (const socket of server.clients) socket.terminate()
