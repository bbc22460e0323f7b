export const placeholder = 'etf'
