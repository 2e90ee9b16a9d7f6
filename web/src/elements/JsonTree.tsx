import type { JsonValue } from '@pawl/sdk'
import { useState } from 'react'

interface JsonTreeProps {
  readonly value: object | JsonValue | undefined
  /** How many levels are open at first. Default: 2. */
  readonly depth?: number
}

/** How many members of a list or object are shown at once. */
const MAX_MEMBERS = 100

/** A JSON value as a collapsible tree. */
export function JsonTree({ value, depth = 2 }: JsonTreeProps) {
  return (
    <div className="json">
      <JsonNode value={(value ?? null) as JsonValue} depth={depth} />
    </div>
  )
}

function JsonNode({
  name,
  value,
  depth,
}: {
  readonly name?: string
  readonly value: JsonValue
  readonly depth: number
}) {
  const [isOpen, setOpen] = useState(depth > 0)
  const [shown, setShown] = useState(MAX_MEMBERS)
  const label = name === undefined ? null : <span className="json-name">{name}: </span>
  if (typeof value !== 'object' || value === null)
    return (
      <div className="json-line">
        {label}
        <span className={`json-${value === null ? 'null' : typeof value}`}>{JSON.stringify(value)}</span>
      </div>
    )
  const isList = Array.isArray(value)
  const members = Object.entries(value)
  const brackets = isList ? '[]' : '{}'
  if (members.length === 0)
    return (
      <div className="json-line">
        {label}
        {brackets}
      </div>
    )
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        {label}
        <span className="json-size">{isList ? `[${members.length}]` : `{${members.length}}`}</span>
      </summary>
      {isOpen && (
        <div className="json-members">
          {members.slice(0, shown).map(([key, member]) => (
            <JsonNode key={key} name={key} value={member as JsonValue} depth={depth - 1} />
          ))}
          {members.length > shown && (
            <button
              type="button"
              className="button button-quiet"
              onClick={() => setShown(shown + MAX_MEMBERS)}
            >
              {members.length - shown} more
            </button>
          )}
        </div>
      )}
    </details>
  )
}
