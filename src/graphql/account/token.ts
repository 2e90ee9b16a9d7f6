import {
  createToken,
  OLD_TOKEN,
  readTokens,
  revokeToken,
  rotateToken,
  type TokenCreated,
  type TokenPrincipal,
} from '../../commands/account/tokens.ts'
import type { ObjectFieldBuilder } from '@pothos/core'
import { createRunToken } from '../../commands/account/runTokens.ts'
import { ROLES } from '../../lifecycle/run/enums.ts'
import { builder, enumOf, type SchemaTypes } from '../kit/builder.ts'
import { connectionOf, FROM_EITHER_END, pageCost } from '../kit/connection.ts'
import { readPage } from '../kit/cursors.ts'
import { connectRows } from '../kit/ownedLists.ts'
import { Role } from '../enums/runEnums.ts'
import { throwRefused } from '../request/errors.ts'
import {
  defaulted,
  defineInput,
  defineOneOf,
  id,
  idempotencyKey,
  idOf,
  int,
  name,
  names,
  nested,
  required,
  oneOf,
  runId,
} from '../kit/input.ts'
import { defineMutation, REPLAYED } from '../answers/mutation.ts'
import { NodeRef, TokenRef } from '../kit/refs.ts'

builder.objectType(TokenRef, {
  description: 'A bearer token. Its secret is shown once, when it is created, and is not stored.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id, `tok_…`.' }),
    principalId: t.exposeID('principalId', {
      description:
        'The principal it belongs to, `prn_…` or `local`: who acts, whichever of its tokens is used.',
    }),
    name: t.exposeString('name', {
      description: 'The name of that principal: the actor of what it does. Never given again.',
    }),
    role: t.expose('role', { type: Role, description: 'What it may do.' }),
    projects: t.stringList({
      description: 'The projects it is limited to; empty: all.',
      resolve: ({ projects }) => [...projects],
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When its secret was made: its place in lists.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it expires; null: never.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, exact to a minute; null: never.',
    }),
  }),
})

const TokenConnection = connectionOf('Token', TokenRef)

/** The list name in cursors of tokens. */
const TOKENS = 'tokens'

builder.queryField('tokens', (t) =>
  t.field({
    type: TokenConnection,
    description: 'The tokens that were not revoked, expired ones too, the newest first. ADMIN only.',
    args: FROM_EITHER_END,
    complexity: pageCost,
    resolve: async (_, args, { commands, caller }) => {
      const answer = await readTokens(commands, caller, readPage(TOKENS, args))
      throwRefused(answer)
      return connectRows(
        TOKENS,
        answer.page,
        ({ createdAt }) => createdAt.getTime(),
        (token) => token,
      )
    },
  }),
)

const TEN_YEARS = 3650 * 86_400

/** The fields of a success that made a token. */
const tokenFields = (t: ObjectFieldBuilder<SchemaTypes, TokenCreated>, description: string) => ({
  token: t.field({ type: TokenRef, description, resolve: ({ token }) => token }),
  secret: t.exposeString('secret', {
    nullable: true,
    description:
      'The secret to authenticate with, shown once: null where the answer repeats an earlier request, whose answer had it. Where that was lost, rotate the token.',
  }),
  isReplayed: t.exposeBoolean('replayed', REPLAYED),
})

const TokenPrincipalInput = defineOneOf('TokenPrincipalInput', 'Whom a token is for: exactly one of these.', {
  name: name(
    'A new principal, by what the log calls it. A name is given once and never again; `system`, `local` and `agent#…` are never given.',
  ),
  id: id('An existing principal, `prn_…`, which gets one more token.'),
})

defineMutation('createToken', {
  description: 'Creates a bearer token, for a new or an existing principal. ADMIN only.',
  input: defineInput('CreateTokenInput', 'Who gets a new token, what it may do, and for how long.', {
    principal: required(
      nested(TokenPrincipalInput, 'A new principal or an existing one: who acts with the token.'),
    ),
    role: required(oneOf(Role, ROLES, 'What it may do. AGENT tokens come from a claim and are not created.')),
    projects: names('The projects to limit it to; if absent or empty, all.'),
    expiresInSeconds: int(1, TEN_YEARS, 'Seconds until it expires; if absent, it does not expire.'),
    idempotencyKey,
  }),
  run: ({ commands, caller }, { principal, projects, expiresInSeconds, ...rest }) =>
    createToken(commands, caller, {
      ...rest,
      // GraphQL has seen to it that one of them is given
      principal: principal as TokenPrincipal,
      projects: projects ?? [],
      expiresInSeconds: expiresInSeconds ?? null,
    }),
  success: (t) => tokenFields(t, 'What is kept of it: all but the secret.'),
})

/** How long a page token is valid at most and by default, in seconds. */
const PAGE_SECONDS = { most: 3_600, default: 900 }

defineMutation('createRunToken', {
  description:
    'Creates a token that reads one run and nothing else, for a page: short-lived, signed instead of stored, and over with the token that it was made with.',
  input: defineInput('CreateRunTokenInput', 'Which run a page may read, and for how long.', {
    runId,
    expiresInSeconds: defaulted(
      int(1, PAGE_SECONDS.most, 'Seconds until it expires: at most an hour.'),
      PAGE_SECONDS.default,
    ),
  }),
  run: ({ commands, caller }, input) => createRunToken(commands, caller, input),
  success: (t) => ({
    runId: t.exposeID('runId', { description: 'The run that it reads.' }),
    secret: t.exposeString('secret', { description: 'The secret to authenticate with.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'From when on it is refused, if the token that it was made with is valid until then.',
    }),
  }),
})

const OldToken = enumOf('OldToken', OLD_TOKEN, 'What a rotation does with the old token.', {
  KEEP: 'It stays valid until it expires or is revoked.',
  REVOKE: 'It is revoked at once, and the streams it opened end.',
})

defineMutation('rotateToken', {
  description:
    'Creates a new token for the principal of an existing one, with the same role and projects, so that the log keeps the same actor. Also works for an expired or revoked token. ADMIN only.',
  input: defineInput('RotateTokenInput', 'Which token gets a successor, and whether it stays valid itself.', {
    tokenId: required(idOf('token', 'The old token')),
    expiresInSeconds: int(
      1,
      TEN_YEARS,
      'Seconds until the new token expires; if absent, the full lifetime of the old one.',
    ),
    oldToken: defaulted(oneOf(OldToken, OLD_TOKEN, 'What becomes of the old token.'), 'KEEP'),
    idempotencyKey,
  }),
  run: ({ commands, caller }, { expiresInSeconds, ...rest }) =>
    rotateToken(commands, caller, { ...rest, expiresInSeconds: expiresInSeconds ?? null }),
  success: (t) => tokenFields(t, 'The new token.'),
})

defineMutation('revokeToken', {
  description: 'Revokes a token permanently, and ends the streams it opened. ADMIN only.',
  input: defineInput('RevokeTokenInput', 'Which token is refused from now on.', {
    tokenId: required(idOf('token', 'The token that is refused from now on')),
  }),
  run: ({ commands, caller }, { tokenId }) => revokeToken(commands, caller, tokenId),
  success: (t) => ({
    tokenId: t.exposeID('tokenId', { description: 'The token that is refused from now on, `tok_…`.' }),
  }),
})
