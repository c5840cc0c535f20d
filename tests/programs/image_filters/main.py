# image processing helpers, TF only; results are written as small PPM files
import math
import os
import tensorflow as tf

OUT = 'filtered'
WRITTEN = []


def gaussian_kernel(size, sigma):
    ax = tf.range(-(size // 2), size // 2 + 1, dtype=tf.float32)
    g = tf.exp(-(ax ** 2) / (2. * sigma ** 2))
    k = tf.tensordot(g, g, axes=0)
    return k / tf.reduce_sum(k)


def depthwise(image, kernel):
    c = image.shape[-1]
    k = tf.tile(kernel[:, :, None, None], [1, 1, c, 1])
    return tf.nn.depthwise_conv2d(image, k, [1, 1, 1, 1], 'SAME')


def gaussian_blur(image, size=3, sigma=1.0):
    return depthwise(image, gaussian_kernel(size, sigma))


def unsharp(image, amount=0.5):
    return tf.clip_by_value(image + amount * (image - gaussian_blur(image)), 0., 1.)


def sobel_magnitude(image):
    g = tf.image.sobel_edges(image)
    return tf.sqrt(tf.reduce_sum(g ** 2, axis=-1) + 1e-12)


def canny_like(image, low, high):
    mag = sobel_magnitude(tf.image.rgb_to_grayscale(image))
    strong = mag > high
    weak = tf.logical_and(mag > low, tf.logical_not(strong))
    grown = tf.nn.max_pool2d(tf.cast(strong, tf.float32), 3, 1, 'SAME') > 0
    return tf.logical_or(strong, tf.logical_and(weak, grown))


def otsu_threshold(gray, bins=16):
    hist = tf.cast(tf.histogram_fixed_width(gray, [0., 1.], bins), tf.float32)
    p = hist / tf.reduce_sum(hist)
    levels = tf.range(bins, dtype=tf.float32)
    w0 = tf.cumsum(p)
    mu = tf.cumsum(p * levels)
    mu_t = mu[-1]
    between = tf.math.divide_no_nan((mu_t * w0 - mu) ** 2, w0 * (1 - w0))
    return int(tf.argmax(between)) / bins


def bilateral(image, sigma_s, sigma_r, radius=1):
    acc = tf.zeros_like(image)
    norm = tf.zeros_like(image)
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            shifted = tf.roll(image, [dy, dx], axis=[1, 2])
            ws = math.exp(-(dx * dx + dy * dy) / (2 * sigma_s ** 2))
            w = ws * tf.exp(-tf.square(shifted - image) / (2 * sigma_r ** 2))
            acc += w * shifted
            norm += w
    return acc / norm


def psnr_ssim(a, b):
    return tf.image.psnr(a, b, 1.0)[0], tf.image.ssim(a, b, 1.0, filter_size=3)[0]


def pyramid(image, levels):
    out = [image]
    for _ in range(levels - 1):
        blurred = gaussian_blur(out[-1], 3, 0.8)
        out.append(blurred[:, ::2, ::2])
    return out


def laplacian_pyramid(image, levels):
    g = pyramid(image, levels)
    lap = []
    for fine, coarse in zip(g[:-1], g[1:]):
        up = tf.image.resize(coarse, fine.shape[1:3])
        lap.append(fine - up)
    return lap + [g[-1]]


def reconstruct(lap):
    img = lap[-1]
    for band in reversed(lap[:-1]):
        img = band + tf.image.resize(img, tf.shape(band)[1:3])
    return img


@tf.function
def non_local_mean_gray(gray, h):
    x = tf.reshape(gray, [-1, 1])
    d = tf.square(x - tf.transpose(x))
    w = tf.nn.softmax(-d / h ** 2)
    return tf.reshape(tf.matmul(w, x), tf.shape(gray))


def save_ppm(image, name):
    os.makedirs(OUT, exist_ok=True)
    data = tf.cast(tf.round(image[0] * 255), tf.uint8).numpy()
    path = os.path.join(OUT, '%s.ppm' % name)
    with open(path, 'wb') as f:
        f.write(b'P6 %d %d 255\n' % (data.shape[1], data.shape[0]))
        f.write(data.tobytes())
    WRITTEN.append(path)
    return path


class Pipeline(object):
    def __init__(self, *stages):
        self.stages = stages
        self.timings = {}

    def __call__(self, image):
        for stage in self.stages:
            image = stage(image)
            name = getattr(stage, '__name__', 'stage')
            self.timings[name] = self.timings.get(name, 0) + 1
        return image


def main():
    pipe = Pipeline(gaussian_blur, unsharp, lambda im: bilateral(im, 1.0, 0.2))
    for seed, size in enumerate((8, 8, 12)):
        img = tf.random.stateless_uniform([1, size, size, 3], [seed, 0])
        out = pipe(img)
        psnr, ssim = psnr_ssim(img, out)
        gray = tf.image.rgb_to_grayscale(img)
        print(size, psnr.numpy().round(3), ssim.numpy().round(4), 'otsu', otsu_threshold(gray),
              'edges', tf.reduce_sum(tf.cast(canny_like(img, 0.5, 1.5), tf.int32)).numpy())
        lap = laplacian_pyramid(img, 2 + seed % 2)
        print('  ', [tuple(l.shape) for l in lap], bool(tf.reduce_max(tf.abs(reconstruct(lap) - img)) < 1e-5))
        print('  nlm', non_local_mean_gray(gray[0, :, :, 0], 0.3).numpy().std().round(4))
        print('  ', save_ppm(out, 'out_%d' % seed))
    print(pipe.timings, WRITTEN)


if __name__ == '__main__':
    main()
