# augmentation library of our kaggle team
import tensorflow as tf, numpy as np
import random

CFG = {'mixup_alpha': 0.4, 'cutmix_p': 0.5, 'img': 8, 'strength': 1}
rng = np.random.RandomState(7)


def set_strength(s):
    CFG['strength'] = s


def sample_beta(size, a, b):
    g1 = tf.random.gamma(shape=[size], alpha=a)
    g2 = tf.random.gamma(shape=[size], alpha=b)
    return g1 / (g1 + g2)


def mix_up(images, labels, alpha=0.2):
    n = tf.shape(images)[0]
    l = sample_beta(n, alpha, alpha)
    x_l = tf.reshape(l, (n, 1, 1, 1))
    y_l = tf.reshape(l, (n, 1))
    return images * x_l + images[::-1] * (1 - x_l), labels * y_l + labels[::-1] * (1 - y_l)


def mix_up_np(images, labels):
    lam = rng.beta(CFG['mixup_alpha'], CFG['mixup_alpha'])
    perm = rng.permutation(images.shape[0])
    mixed = lam * images + (1 - lam) * tf.gather(images, perm)
    return mixed, lam * labels + (1 - lam) * tf.gather(labels, perm)


def get_box(lam, size):
    cut_rat = np.sqrt(1. - lam)
    cut = int(size * cut_rat)
    cx, cy = rng.randint(size), rng.randint(size)
    x1, x2 = np.clip([cx - cut // 2, cx + cut // 2], 0, size)
    y1, y2 = np.clip([cy - cut // 2, cy + cut // 2], 0, size)
    return x1, y1, x2, y2


def box_mask(size, x1, y1, x2, y2):
    r = tf.range(size)
    in_x = tf.logical_and(r >= x1, r < x2)
    in_y = tf.logical_and(r >= y1, r < y2)
    return tf.cast(tf.logical_and(in_y[:, None], in_x[None, :]), tf.float32)[..., None]


def cutmix(images, labels):
    lam = rng.beta(1., 1.)
    size = images.shape[1]
    m = box_mask(size, *get_box(lam, size))
    other = tf.reverse(images, [0])
    area = tf.reduce_mean(m)
    return images * (1 - m) + other * m, labels * (1 - area) + labels[::-1] * area


def cutout(image, length=3):
    h = image.shape[0]
    cx = random.randint(0, h - 1)
    cy = random.randint(0, h - 1)
    m = box_mask(h, max(cx - length // 2, 0), max(cy - length // 2, 0), min(cx + length // 2 + 1, h), min(cy + length // 2 + 1, h))
    return image * (1 - m)


def posterize(image, bits):
    shift = 8 - bits
    x = tf.cast(image * 255, tf.uint8)
    x = tf.bitwise.left_shift(tf.bitwise.right_shift(x, tf.cast(shift, tf.uint8)), tf.cast(shift, tf.uint8))
    return tf.cast(x, tf.float32) / 255.


def solarize(image, threshold=0.5):
    return tf.where(image < threshold, image, 1. - image)


def equalize_hist(image):
    flat = tf.reshape(image, [-1])
    hist = tf.histogram_fixed_width(flat, [0., 1.], nbins=16)
    cdf = tf.cumsum(tf.cast(hist, tf.float32))
    cdf = (cdf - cdf[0]) / (cdf[-1] - cdf[0])
    idx = tf.cast(tf.clip_by_value(image * 16, 0, 15), tf.int32)
    return tf.gather(cdf, idx)


def shift_xy(image, dx, dy):
    return tf.roll(tf.roll(image, dx, axis=1), dy, axis=0)


OPS = [solarize, equalize_hist, lambda im: shift_xy(im, 1, 1), lambda im: posterize(im, 4)]


def rand_augment(image, n=2):
    for _ in range(n * CFG['strength']):
        op = random.choice(OPS)
        image = op(image)
    return image


def augment_batch(images, labels):
    if random.random() < CFG['cutmix_p']:
        images, labels = cutmix(images, labels)
    else:
        images, labels = mix_up_np(images, labels)
    return tf.clip_by_value(images, 0., 1.), labels


@tf.function
def normalize_batch(images):
    mean = tf.reduce_mean(images, axis=[1, 2], keepdims=True)
    std = tf.math.reduce_std(images, axis=[1, 2], keepdims=True)
    return CFG['strength'] * (images - mean) / (std + 1e-5)


def main():
    global rng
    random.seed(5)
    tf.random.set_seed(5)
    rng = np.random.RandomState(7)
    for step in range(4):
        images = tf.random.stateless_uniform([4, 8, 8, 3], [step, 0])
        labels = tf.one_hot([0, 1, 2, 1], 3)
        if step == 2:
            set_strength(2)
        x, y = augment_batch(images, labels)
        print(step, x.numpy().mean().round(4), y.numpy()[0].round(3))
        x, y = mix_up(images, labels)
        print('  mixup ok', bool(tf.reduce_all(tf.abs(tf.reduce_sum(y, 1) - 1) < 1e-5)))
        print('  rand', rand_augment(images[0]).numpy().mean().round(4), 'cutout', cutout(images[1]).numpy().mean().round(4))
        x, y = cutmix(images, labels)
        print('  cutmix', x.numpy().mean().round(4), 'poster', posterize(images[2], 3 + step).numpy().mean().round(4))
        print('  norm', normalize_batch(images).numpy().std().round(3))
    set_strength(1)


if __name__ == '__main__':
    main()
