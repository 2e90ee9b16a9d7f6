import { jsx as draw, jsxs as drawList } from 'react/jsx-runtime'
import { visibleProps } from './visibleProps.ts'

export { Fragment } from 'react/jsx-runtime'

/** As React's, with nothing invisible in what is drawn. */
export const jsx: typeof draw = (type, props, key) => draw(type, visibleProps(type, props as never), key)

/** As React's, with nothing invisible in what is drawn. */
export const jsxs: typeof drawList = (type, props, key) =>
  drawList(type, visibleProps(type, props as never), key)
