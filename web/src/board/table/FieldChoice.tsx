import { FIELDS, type FieldKey } from './fields.ts'

interface FieldChoiceProps {
  readonly fields: readonly FieldKey[]
  onChange(fields: readonly FieldKey[]): void
}

/** Which fields the table has; the title always is one. */
export function FieldChoice({ fields, onChange }: FieldChoiceProps) {
  return (
    <details className="menu">
      <summary className="button button-small">Fields</summary>
      <fieldset className="menu-body">
        <legend className="hidden">Fields of the table</legend>
        {FIELDS.map(({ key, label }) => (
          <label key={key} className="check">
            <input
              type="checkbox"
              checked={fields.includes(key)}
              disabled={key === 'title'}
              onChange={({ target }) =>
                onChange(
                  FIELDS.map((field) => field.key).filter((one) =>
                    one === key ? target.checked : fields.includes(one),
                  ),
                )
              }
            />
            {label}
          </label>
        ))}
      </fieldset>
    </details>
  )
}
