import type { AnswerField } from './answerFields.ts'

interface AnswerFormProps {
  readonly fields: readonly AnswerField[]
  /** What was typed, by field. */
  readonly typed: Readonly<Record<string, string>>
  readonly onType: (name: string, text: string) => void
}

/** The fields of an answer to a question. */
export function AnswerForm({ fields, typed, onType }: AnswerFormProps) {
  return (
    <>
      {fields.map((field) => (
        <label key={field.name} className="field" data-answer-field={field.name}>
          {field.title}
          {!field.isRequired && ' (optional)'}
          {field.description && <span className="soft">{field.description}</span>}
          <Entry
            field={field}
            value={typed[field.name] ?? field.initial}
            onType={(text) => onType(field.name, text)}
          />
        </label>
      ))}
    </>
  )
}

interface EntryProps {
  readonly field: AnswerField
  readonly value: string
  readonly onType: (text: string) => void
}

function Entry({ field, value, onType }: EntryProps) {
  if (field.kind === 'text')
    return <textarea rows={2} value={value} onChange={({ target }) => onType(target.value)} />
  if (field.kind === 'number')
    return <input type="number" step="any" value={value} onChange={({ target }) => onType(target.value)} />
  const options =
    field.kind === 'flag'
      ? ([
          ['true', 'yes'],
          ['false', 'no'],
        ] as const)
      : field.choices.map((choice) => [choice, choice] as const)
  return (
    <select value={value} onChange={({ target }) => onType(target.value)}>
      <option value="" />
      {options.map(([option, label]) => (
        <option key={option} value={option}>
          {label}
        </option>
      ))}
    </select>
  )
}
