import { useState } from 'react'

interface LineCommentFormProps {
  /** The file and line. */
  readonly where: string
  readonly text: string
  readonly isOpen: boolean
  readonly onOpen: () => void
  readonly onSave: (text: string) => void
  readonly onCancel: () => void
}

/** A comment on a line: its text, or the form that writes it. */
export function LineCommentForm({ where, text, isOpen, onOpen, onSave, onCancel }: LineCommentFormProps) {
  const [typed, setTyped] = useState(text)
  if (!isOpen)
    return (
      <div className="diff-comment">
        <p>{text}</p>
        <button type="button" className="button button-small" onClick={onOpen}>
          Edit<span className="hidden"> the comment on {where}</span>
        </button>
        <button type="button" className="button button-small" onClick={() => onSave('')}>
          Remove<span className="hidden"> the comment on {where}</span>
        </button>
      </div>
    )
  return (
    <div className="diff-comment">
      <label className="field">
        Comment on {where}
        <textarea
          rows={2}
          autoFocus
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          onKeyDown={(event) => {
            event.stopPropagation()
            if (event.key === 'Escape') onCancel()
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) onSave(typed)
          }}
        />
      </label>
      <button
        type="button"
        className="button button-small"
        disabled={!typed.trim()}
        onClick={() => onSave(typed)}
      >
        Keep the comment
      </button>
      <button type="button" className="button button-small" onClick={onCancel}>
        Cancel
      </button>
    </div>
  )
}
