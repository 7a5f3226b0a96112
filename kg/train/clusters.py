"""Clusters of words by the company they keep: from many abstracts, without annotation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from kg.model import Paper
from kg.recognise.windows import Clusters
from kg.sentences import Page

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

LEAST = 12  # times that a word must come
BESIDE = 8000  # commonest words that count as company
WIDTH, FINE, COARSE = 64, 400, 64
NEAR = ((1,), (-1,), (-3, -2, 2, 3))  # company by place: next word, last word, those around
SMOOTHING = 0.75


def clusters_of(papers: Iterable[Paper]) -> Clusters:
    """Return the clusters of the words of these papers: positive pointwise mutual information, SVD, k-means twice."""
    import numpy as np
    from scipy.sparse import hstack
    from sklearn.cluster import KMeans, MiniBatchKMeans
    from sklearn.decomposition import TruncatedSVD
    from threadpoolctl import threadpool_limits

    lines = [Page(f"{paper.title} . {paper.abstract}").words for paper in papers]
    counts = Counter(word for line in lines for word in line)
    words = sorted((w for w, c in counts.items() if c >= LEAST), key=lambda w: (-counts[w], w))
    number = {word: n for n, word in enumerate(words)}
    gap = max(abs(step) for steps in NEAR for step in steps)
    text = np.fromiter((number.get(w, -1) for line in lines for w in (*line, *[""] * gap)), dtype=np.int32)
    with threadpool_limits(1):  # more threads add in another order
        table = hstack([_information(_together(text, steps, len(words))) for steps in NEAR]).tocsr()
        svd = TruncatedSVD(WIDTH, random_state=0, n_iter=4)
        vectors = svd.fit_transform(table) / np.sqrt(svd.singular_values_)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
        fine = MiniBatchKMeans(FINE, random_state=0, n_init=2, batch_size=8192, max_iter=40).fit(vectors)
        coarse = KMeans(COARSE, random_state=0, n_init=4).fit(fine.cluster_centers_)
    return Clusters(fine=dict(zip(words, map(int, fine.labels_), strict=True)), coarse=tuple(map(int, coarse.labels_)))


def _together(text: NDArray[np.int32], steps: Iterable[int], size: int) -> csr_matrix:
    """Return how often each word has each of the common ones at one of these distances."""
    import numpy as np
    from scipy.sparse import coo_matrix

    rows, columns = [], []
    for step in steps:
        here, there = (text[:-step], text[step:]) if step > 0 else (text[-step:], text[:step])
        both = (here >= 0) & (there >= 0) & (there < BESIDE)
        rows.append(here[both])
        columns.append(there[both])
    row, column = np.concatenate(rows), np.concatenate(columns)
    return coo_matrix((np.ones(len(row), dtype=np.float32), (row, column)), shape=(size, BESIDE)).tocsr()


def _information(counts: csr_matrix) -> csr_matrix:
    """Return positive pointwise mutual information; company smoothed, so that rare words do not count too much."""
    import numpy as np
    from scipy.sparse import coo_matrix

    each = np.asarray(counts.sum(axis=1)).ravel()
    company = np.asarray(counts.sum(axis=0)).ravel() ** SMOOTHING
    company = company / company.sum()
    cells = counts.tocoo()
    told = np.log(cells.data / np.maximum(each[cells.row], 1) / company[cells.col])
    more = told > 0
    return coo_matrix((told[more], (cells.row[more], cells.col[more])), shape=counts.shape).tocsr()
