import type { SchemaField } from './schemaFields.ts'

interface InputFieldProps {
  readonly field: SchemaField
  readonly text: string
  onChange(text: string): void
}

/** One field of the input. */
export function InputField({ field, text, onChange }: InputFieldProps) {
  const { name, label, hint, kind, choices, isRequired } = field
  const common = { value: text, required: isRequired }
  return (
    <label className="field" data-input-field={name}>
      <span>
        {label}
        {isRequired && <span className="soft"> (required)</span>}
      </span>
      {kind === 'text' && <textarea {...common} rows={1} onChange={({ target }) => onChange(target.value)} />}
      {kind === 'number' && (
        <input {...common} inputMode="decimal" onChange={({ target }) => onChange(target.value)} />
      )}
      {(kind === 'boolean' || kind === 'choice') && (
        <select {...common} onChange={({ target }) => onChange(target.value)}>
          <option value="">{isRequired ? 'Choose …' : 'not said'}</option>
          {kind === 'boolean' && (
            <>
              <option value="true">yes</option>
              <option value="false">no</option>
            </>
          )}
          {choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      )}
      {hint !== '' && <span className="soft">{hint}</span>}
    </label>
  )
}
