"""Spectral features for keyword spotting, and the dataset that feeds them."""
import functools
import math

import numpy as np
import tensorflow as tf

SAMPLE_RATE = 1000
FRAME, STEP = 64, 32


def tone(freq, seconds=0.4, phase=0.0):
    t = tf.range(int(SAMPLE_RATE * seconds), dtype=tf.float32) / SAMPLE_RATE
    return tf.sin(2 * math.pi * freq * t + phase)


def pad_or_trim(waveform, length):
    waveform = waveform[:length]
    missing = length - tf.shape(waveform)[0]
    return tf.concat([waveform, tf.zeros([missing])], 0)


def get_spectrogram(waveform):
    waveform = pad_or_trim(waveform, SAMPLE_RATE // 2)
    spectrogram = tf.signal.stft(waveform, frame_length=FRAME, frame_step=STEP)
    return tf.abs(spectrogram)


@functools.lru_cache(maxsize=None)
def mel_weights(n_mels, n_bins):
    print("computing mel weights", n_mels, n_bins)
    return tf.signal.linear_to_mel_weight_matrix(n_mels, n_bins, SAMPLE_RATE, 20.0, 480.0)


def log_mel(waveform, n_mels=12):
    spec = get_spectrogram(waveform)
    w = mel_weights(n_mels, spec.shape[-1])
    mel = tf.tensordot(spec, w, 1)
    return tf.math.log(mel + 1e-6)


def mfcc(waveform, n=5):
    return tf.signal.mfccs_from_log_mel_spectrograms(log_mel(waveform))[..., :n]


def deltas(features):
    padded = tf.pad(features, [[1, 1], [0, 0]], mode="SYMMETRIC")
    return (padded[2:] - padded[:-2]) / 2.0


def zero_crossing_rate(waveform):
    s = tf.sign(waveform)
    crossings = tf.cast(tf.not_equal(s[1:], s[:-1]), tf.float32)
    return tf.reduce_mean(crossings)


def rms_db(waveform):
    return 20.0 * tf.math.log(tf.sqrt(tf.reduce_mean(waveform ** 2)) + 1e-9) / tf.math.log(10.0)


def normalize_loudness(waveform, target_db=-20.0):
    gain_db = target_db - rms_db(waveform).numpy()
    if gain_db > 30:
        gain_db = 30.0
    return waveform * 10 ** (gain_db / 20.0), gain_db


def mix_at_snr(signal, noise, snr_db):
    ps = tf.reduce_mean(signal ** 2)
    pn = tf.reduce_mean(noise ** 2)
    scale = tf.sqrt(ps / (pn * 10.0 ** (snr_db / 10.0)))
    return signal + scale * noise


def spec_augment(spec, max_t=3, max_f=2):
    t = np.random.randint(0, max_t + 1)
    f = np.random.randint(0, max_f + 1)
    mask = np.ones(spec.shape, np.float32)
    mask[: t] = 0.0
    mask[:, : f] = 0.0
    return spec * mask


@tf.function
def pitch_autocorr(waveform, lo=50, hi=400):
    """Autocorrelation pitch; lo, hi in Hz."""
    max_lag = SAMPLE_RATE // lo
    min_lag = SAMPLE_RATE // hi
    scores = []
    for lag in range(min_lag, max_lag):
        scores.append(tf.reduce_mean(waveform[lag:] * waveform[:-lag]))
    best = tf.argmax(tf.stack(scores), output_type=tf.int32) + min_lag
    return SAMPLE_RATE / best


def example(freq, label):
    feats = log_mel(tone(freq))
    return tf.concat([feats, deltas(feats)], -1), label


def endpoint(waveform, threshold=0.1):
    frames = tf.signal.frame(waveform, FRAME, STEP)
    energy = tf.reduce_mean(frames ** 2, axis=-1)
    active = tf.where(energy > threshold)[:, 0]
    if tf.size(active) == 0:
        return 0, 0
    return int(active[0]) * STEP, int(active[-1]) * STEP + FRAME


def main():
    np.random.seed(1)
    for f in (100.0, 150.0, 220.0):
        w = tone(f)
        print("f", f, "zcr", zero_crossing_rate(w).numpy().round(3), "pitch", pitch_autocorr(w).numpy().round(1))
        print("  mfcc", mfcc(w).numpy()[0].round(2), "aug", spec_augment(get_spectrogram(w)).numpy().sum().round(1))
        quiet, gain = normalize_loudness(w * f / 1e5)
        print("  gain", round(float(gain), 2), rms_db(quiet).numpy().round(3))
        noisy = mix_at_snr(w, tone(333.0, phase=1.0), f / 20)
        print("  snr", noisy.numpy().std().round(4), endpoint(w), endpoint(noisy * 0.01), endpoint(w, 0.49))
    ds = tf.data.Dataset.from_tensor_slices(([100.0, 150.0, 200.0, 250.0], [0, 1, 0, 1])).map(example).batch(2)
    for x, y in ds:
        print(x.shape, y.numpy(), x.numpy().mean().round(3))


if __name__ == "__main__":
    main()
