import { getNullableType, type GraphQLInputType, isEnumType, isInputObjectType, isListType } from 'graphql'
import type { KnownMutation } from '../../support/introspect.ts'
import { openSocket, type RawSocket } from '../../support/socket.ts'

/** How a mutation may be sent. */
export const WAYS = ['variables', 'document', 'socket'] as const
export type Way = (typeof WAYS)[number]

/** What a server answered with. */
export interface Reply {
  /** Of HTTP; null on a socket. */
  readonly status: number | null
  /** The member of the result; null where there is an error instead. */
  readonly member: { readonly __typename: string; readonly issues?: readonly { path: string[] }[] } | null
  readonly errors: readonly { message: string; extensions?: { code?: string } }[]
}

/** Sends mutations whose input is any text at all. */
export interface Sender {
  /** @param input the JSON text of the input */
  send(mutation: KnownMutation, input: string, way: Way): Promise<Reply>
  close(): void
}

const SELECT = '{ __typename ... on Problem { message } ... on InvalidInput { issues { path message } } }'

/** A client of a server, with one socket for all that it sends over sockets. */
export async function openSender(server: { readonly url: string }, token: string): Promise<Sender> {
  let socket = await openSocket(server, token)
  let sent = 0
  return {
    async send(mutation, input, way) {
      const { name, input: type } = mutation
      if (way === 'document') {
        const literal = toLiteral(JSON.parse(input), type)
        const query = `mutation { ${name}(input: ${literal}) ${SELECT} }`
        return post(server, token, name, JSON.stringify({ query }))
      }
      const query = `mutation ($input: ${type.name}!) { ${name}(input: $input) ${SELECT} }`
      const payload = `{"query":${JSON.stringify(query)},"variables":{"input":${input}}}`
      if (way === 'variables') return post(server, token, name, payload)
      try {
        return await put(socket, `${++sent}`, name, payload)
      } catch (error) {
        socket = await openSocket(server, token)
        throw error
      }
    },
    close: () => socket.close(),
  }
}

async function post(
  { url }: { readonly url: string },
  token: string,
  name: string,
  body: string,
): Promise<Reply> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      authorization: `Bearer ${token}`,
    },
    body,
  })
  return { status: response.status, ...readResult(name, await response.json()) }
}

async function put(socket: RawSocket, id: string, name: string, payload: string): Promise<Reply> {
  socket.send(`{"id":"${id}","type":"subscribe","payload":${payload}}`)
  const message = await socket.next()
  if (message.type === 'error')
    return { status: null, member: null, errors: message.payload as Reply['errors'] }
  const complete = await socket.next()
  if (complete.type !== 'complete' || complete.id !== id) throw new Error(JSON.stringify(complete))
  return { status: null, ...readResult(name, message.payload) }
}

function readResult(name: string, body: unknown): Pick<Reply, 'member' | 'errors'> {
  const { data, errors = [] } = body as {
    data?: Record<string, Reply['member']> | null
    errors?: Reply['errors']
  }
  return { member: data?.[name] ?? null, errors }
}

/** A value as it is written into a document: what is of an enum without quotes, where it could be a name. */
function toLiteral(value: unknown, type: GraphQLInputType | null): string {
  const nullable = type && getNullableType(type)
  if (typeof value === 'string')
    return isEnumType(nullable) && /^[_A-Za-z]\w*$/.test(value) ? value : JSON.stringify(value)
  if (Array.isArray(value)) {
    const of = isListType(nullable) ? nullable.ofType : null
    return `[${value.map((item) => toLiteral(item, of)).join(' ')}]`
  }
  if (typeof value === 'object' && value !== null) {
    const known = isInputObjectType(nullable) ? nullable.getFields() : {}
    const fields = Object.entries(value).map(
      ([key, field]) => `${key}: ${toLiteral(field, known[key]?.type ?? null)}`,
    )
    return `{${fields.join(' ')}}`
  }
  // a number beyond all numbers can be written, though not be had
  return typeof value === 'number' && !Number.isFinite(value) ? '1e999' : String(value)
}
