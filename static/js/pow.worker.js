// SHA-256 in plain JavaScript: Web Crypto is missing on plain http in a company network.
// Finds the number n with sha256(salt + n) === challenge.

const K = new Uint32Array(64);
{
  // The constants: the fractional parts of the cube roots of the first 64 primes.
  let filled = 0;
  for (let candidate = 2; filled < 64; candidate++) {
    let prime = true;
    for (let d = 2; d * d <= candidate; d++) if (candidate % d === 0) { prime = false; break; }
    if (!prime) continue;
    const root = Math.cbrt(candidate);
    K[filled++] = ((root - Math.floor(root)) * 4294967296) | 0;
  }
}
const START = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
const encoder = new TextEncoder();
const W = new Uint32Array(64);
const turn = (x, n) => (x >>> n) | (x << (32 - n));

function sha256hex(text) {
  const bytes = encoder.encode(text), length = bytes.length, blocks = ((length + 8) >> 6) + 1;
  const message = new Uint32Array(blocks * 16);
  for (let i = 0; i < length; i++) message[i >> 2] |= bytes[i] << (24 - 8 * (i & 3));
  message[length >> 2] |= 0x80 << (24 - 8 * (length & 3));
  message[blocks * 16 - 1] = length * 8;
  const h = START.slice();
  for (let block = 0; block < blocks; block++) {
    for (let t = 0; t < 16; t++) W[t] = message[block * 16 + t];
    for (let t = 16; t < 64; t++) {
      const x = W[t - 15], y = W[t - 2];
      W[t] = ((turn(y, 17) ^ turn(y, 19) ^ (y >>> 10)) + W[t - 7] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + W[t - 16]) | 0;
    }
    let [a, b, c, d, e, f, g, k] = h;
    for (let t = 0; t < 64; t++) {
      const one = (k + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[t] + W[t]) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      k = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    [a, b, c, d, e, f, g, k].forEach((value, i) => { h[i] = (h[i] + value) | 0; });
  }
  return h.map((value) => (value >>> 0).toString(16).padStart(8, "0")).join("");
}

onmessage = ({ data: { algorithm, challenge, salt, signature, maxNumber, max_number, maxnumber } }) => {
  const most = maxNumber ?? max_number ?? maxnumber ?? 1e6;
  for (let number = 0; number <= most; number++) {
    if (sha256hex(salt + number) === challenge) return postMessage({ algorithm, challenge, number, salt, signature });
  }
  postMessage(null);
};
