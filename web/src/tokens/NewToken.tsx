import type { CreateTokenInput } from '@pawl/sdk'
import { isSuccess } from '@pawl/sdk'
import { useAction } from '@pawl/sdk/react'
import { useState } from 'react'
import { ActionButton } from '../elements/ActionButton.tsx'
import { CopyButton } from '../elements/CopyButton.tsx'
import { Problem } from '../elements/Problem.tsx'

/** What each role is for; AGENT tokens come from claims. */
const ROLES = {
  OPERATOR: 'starts, pauses, resumes, cancels and decides',
  VIEWER: 'reads',
  WORKER: 'claims runs and drives them',
  ADMIN: 'does everything, tokens included',
} as const
const DAY_SECONDS = 86_400

/** A form that makes a token for a new name; its secret is shown once. */
export function NewToken({ onMade }: { readonly onMade: () => void }) {
  const [name, setName] = useState('')
  const [role, setRole] = useState<keyof typeof ROLES>('OPERATOR')
  const [projects, setProjects] = useState('')
  const [days, setDays] = useState('')
  const create = useAction((pawl, input: CreateTokenInput) => pawl.tokens.create(input))
  const { success } = create
  const submit = async () => {
    const result = await create.send({
      principal: { name: name.trim() },
      role,
      ...(projects.trim() && { projects: projects.trim().split(/\s+/) }),
      ...(days && { expiresInSeconds: Number(days) * DAY_SECONDS }),
    })
    if (!result || !isSuccess(result)) return
    setName('')
    onMade()
  }
  return (
    <section className="panel pane" aria-label="A new token">
      <form
        className="token-form"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <label className="field">
          Name of a person or program
          <input value={name} required autoComplete="off" onChange={({ target }) => setName(target.value)} />
        </label>
        <label className="field">
          Role
          <select value={role} onChange={({ target }) => setRole(target.value as keyof typeof ROLES)}>
            {Object.entries(ROLES).map(([key, means]) => (
              <option key={key} value={key}>
                {key}: {means}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          Projects, empty for all
          <input value={projects} onChange={({ target }) => setProjects(target.value)} />
        </label>
        <label className="field">
          Expires in days, empty for never
          <input type="number" min={1} value={days} onChange={({ target }) => setDays(target.value)} />
        </label>
        <ActionButton look="button-main" type="submit" isPending={create.isPending}>
          Make a token
        </ActionButton>
      </form>
      <Problem problem={create.problem} error={create.error} />
      {success && (
        <div className="verdict tone-good" role="status" data-secret>
          <div>
            <p>
              The token of <strong>{success.token.name}</strong>. It is not shown again:
            </p>
            {success.secret === null ? (
              <p>It was told to an earlier answer that was lost: revoke it, and make another one.</p>
            ) : (
              <p>
                <code>{success.secret}</code> <CopyButton text={success.secret} what="the token" />
              </p>
            )}
          </div>
        </div>
      )}
    </section>
  )
}
