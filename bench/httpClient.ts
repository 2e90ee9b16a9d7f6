import { Agent, request, type IncomingMessage } from 'node:http'
import type { TypedDocument } from '../sdk/kit/document.ts'

/** One connection to a server, kept open, on which one request after the other is sent. */
export interface HttpClient {
  /** Sends an operation; rejects for anything but data. */
  ask<R, V>(document: TypedDocument<R, V>, variables: V): Promise<R>
  close(): void
}

/**
 * A client that costs as little as Node's own HTTP allows, so that it takes less of the machine from the server than a
 * `fetch` would.
 */
export function openHttpClient(url: string, token: string): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const { hostname, port } = new URL(url)
  const headers = {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json',
    authorization: `Bearer ${token}`,
  }
  return {
    ask: async <R, V>(document: TypedDocument<R, V>, variables: V) => {
      const body = Buffer.from(JSON.stringify({ query: document, variables }))
      const text = await new Promise<string>((resolve, reject) => {
        const options = {
          agent,
          hostname,
          port,
          path: '/graphql',
          method: 'POST',
          headers: { ...headers, 'content-length': body.length },
        }
        request(options, (response) => readText(response, resolve, reject))
          .once('error', reject)
          .end(body)
      })
      return readData(text) as R
    },
    close: () => agent.destroy(),
  }
}

function readText(
  response: IncomingMessage,
  resolve: (text: string) => void,
  reject: (error: Error) => void,
): void {
  let text = ''
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => (text += chunk))
  response.once('end', () => resolve(text))
  response.once('error', reject)
}

function readData(text: string): unknown {
  const { data, errors } = JSON.parse(text) as { data?: unknown; errors?: unknown }
  if (errors || !data) throw new Error(`the server answered: ${text.slice(0, 500)}`)
  return data
}

/** The success of a result union; throws for a refusal, which no measurement expects. */
export function expectSuccess<
  Result extends { readonly __typename: string },
  Name extends `${string}Success`,
>(result: Result, name: Name): Extract<Result, { readonly __typename: Name }> {
  if (result.__typename !== name)
    throw new Error(`the server answered ${JSON.stringify(result).slice(0, 500)}`)
  return result as Extract<Result, { readonly __typename: Name }>
}
