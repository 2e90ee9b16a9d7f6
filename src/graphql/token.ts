import { createToken, readTokens, revokeToken } from '../commands/tokens.ts'
import { ROLES } from '../lifecycle/words.ts'
import { builder } from './builder.ts'
import { Role } from './enums.ts'
import { throwRefused } from './errors.ts'
import { defineInput, id, int, name, names, needed, oneOf } from './input.ts'
import { defineMutation } from './mutation.ts'
import { NodeRef, TokenRef } from './refs.ts'

builder.objectType(TokenRef, {
  description: 'A bearer token. Its secret is shown once, when it is created, and not kept.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id, `tok_…`.' }),
    name: t.exposeString('name', { description: 'What it is called: the actor of what it does.' }),
    role: t.expose('role', { type: Role, description: 'What it may do.' }),
    projects: t.stringList({
      description: 'The projects it is limited to; empty: all.',
      resolve: ({ projects }) => [...projects],
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it stops to authenticate; null: never by itself.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, exact to a minute; null: never.',
    }),
  }),
})

builder.queryField('tokens', (t) =>
  t.field({
    type: [TokenRef],
    description: 'Every token that was not revoked, the oldest first. ADMIN only.',
    resolve: async (_, __, { commands, caller }) => {
      const answer = await readTokens(commands, caller)
      throwRefused(answer)
      return answer.ok ? answer.tokens : []
    },
  }),
)

const TEN_YEARS = 3650 * 86_400

defineMutation('createToken', {
  description: 'Makes a bearer token. ADMIN only.',
  input: defineInput('CreateTokenInput', 'A token to make.', {
    name: needed(name('What to call it: the actor of what it does.')),
    role: needed(oneOf(Role, ROLES, 'What it may do. AGENT tokens come from a claim and are not created.')),
    projects: names('The projects to limit it to; left out or empty: all.'),
    expiresInSeconds: int(1, TEN_YEARS, 'After how many seconds it expires; left out: never by itself.'),
  }),
  run: ({ commands, caller }, { projects, expiresInSeconds, ...rest }) =>
    createToken(commands, caller, {
      ...rest,
      projects: projects ?? [],
      expiresInSeconds: expiresInSeconds ?? null,
    }),
  success: (t) => ({
    token: t.field({ type: TokenRef, description: 'The token.', resolve: ({ token }) => token }),
    secret: t.exposeString('secret', { description: 'What to authenticate with. Shown this once.' }),
  }),
  problems: ['InvalidInput', 'Forbidden'],
})

defineMutation('revokeToken', {
  description: 'Ends a token for ever, and the streams it opened. ADMIN only.',
  input: defineInput('RevokeTokenInput', 'A token to end.', {
    tokenId: needed(id('token', 'The token.')),
  }),
  run: ({ commands, caller }, { tokenId }) => revokeToken(commands, caller, tokenId),
  success: (t) => ({
    tokenId: t.exposeID('tokenId', { description: 'The token that authenticates no more.' }),
  }),
  problems: ['TokenNotFound', 'InvalidInput', 'Forbidden'],
})
