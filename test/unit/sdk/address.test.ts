import { createPawl, PawlAddressError, readAddress } from '@pawl/sdk'
import { expect, it } from 'vitest'

it.each([
  ['http://127.0.0.1:4400', 'http://127.0.0.1:4400/'],
  ['https://pawl.example/graphql', 'https://pawl.example/graphql'],
  [' HTTPS://pawl.example/behind/ \n', 'https://pawl.example/behind/'],
])('takes %j', (given, read) => {
  expect(readAddress(given).href).toBe(read)
})

it.each([
  ['localhost:4400', 'has no scheme. Write http://localhost:4400'],
  ['127.0.0.1:4400', 'has no scheme. Write http://127.0.0.1:4400'],
  ['pawl.example/graphql', 'has no scheme. Write http://pawl.example/graphql'],
  ['ws://pawl.example', 'has the scheme ws. Write http://pawl.example'],
  ['wss://pawl.example/', 'has the scheme wss. Write https://pawl.example'],
  ['postgresql://db.example/pawl', 'has the scheme postgresql. Write http://db.example/pawl'],
  ['https://ada:hush@pawl.example', 'give a token (PAWL_TOKEN) instead. Write https://pawl.example'],
  ['http://pawl_secret@127.0.0.1:4400', 'give a token (PAWL_TOKEN) instead. Write http://127.0.0.1:4400'],
  ['http://127.0.0.1:4400/sign-in?code=hush', 'has a query. Write http://127.0.0.1:4400'],
  ['http://', 'no address of a server. Write it like http://127.0.0.1:4400'],
  ['http://a b', 'no address of a server. Write it like http://127.0.0.1:4400'],
  ['/graphql', 'no address of a server. Write it like http://127.0.0.1:4400'],
])('says what to write instead of %j, and repeats no secret', (given, said) => {
  for (const read of [() => readAddress(given), () => createPawl({ url: given, token: 'pawl_x' })]) {
    expect(read).toThrow(PawlAddressError)
    expect(read).toThrow(said)
    expect(read).not.toThrow(/hush|pawl_secret/)
  }
})

it('takes a path alone where there is a page', () => {
  expect(readAddress('/graphql', 'https://pawl.example').href).toBe('https://pawl.example/graphql')
})
