/** Grey levels 0..1 of all pictures of one digit, 784 each. */
export function loadDigit(digit: number): Promise<readonly number[]>;
