"""Words that are no part of a name, and names that are no entity: the guide's "not entities"."""

from __future__ import annotations

_STOP = """
a an the this that these those its their our his her your my one two three four five six seven eight nine ten both
each every all any some many most more less few several no not nor and or but so as at by for from in into of on onto
over to towards toward under upon via with within without across between among through during before after against
about than then there here also only just even still yet when where which while who whose whom what why how if because
since although though whereas unless until is are was were be been being has have had having do does did can could may
might must shall should will would it they we he she i you them us itself themselves others other another such same
like unlike based using used use uses utilize utilizes utilizing leverage leverages leveraging employ employs
employing apply applies applying applied propose proposes proposed proposing introduce introduces introduced
introducing present presents presented presenting develop develops developed developing design designs designed
designing build builds building built create creates created creating improve improves improved improving enhance
enhances enhanced enhancing enable enables enabled enabling achieve achieves achieved achieving provide provides
provided providing perform performs performed performing show shows shown showing demonstrate demonstrates
demonstrated demonstrating require requires required requiring include includes including included allow allows
allowing make makes making made take takes taking taken give gives giving given address addresses addressing tackle
tackles tackling solve solves reduce reduces reduced reducing increase increases increased increasing outperform
outperforms outperforming surpass surpasses surpassing consider considers considering considered study studies
studying investigate investigates investigating explore explores exploring examine examines examining analyze analyzes
analyzing evaluate evaluates evaluating evaluated compare compares comparing compared combine combines combining
combined incorporate incorporates incorporating integrate integrates integrating facilitate facilitates support
supports supporting find finds finding lead leads leading limit limits limited help helps helping focus focuses
focusing focused aim aims aiming remain remains become becomes follow follows formulate formulates conduct conducts
extend extends extending adopt adopts adopting exploit exploits exploiting guide guides guiding capture captures
capturing learn learns model's novel new recent recently existing current previous prior traditional conventional
standard common popular typical various different diverse multiple numerous particular specific certain general
generic overall main major key core important significant significantly effective effectively efficient efficiently
simple simply complex powerful strong robust better best good great high higher highest low lower lowest large-scale
small larger smaller state-of-the-art sota promising fast faster accurate practical comprehensive extensive first
second third final last next original respective corresponding underlying available real potential additional further
furthermore moreover however thus therefore hence finally specifically namely e.g i.e etc respectively often usually
generally mainly widely highly fully well very much too rather quite currently unified advanced rapid careful
innovative cutting-edge challenging difficult hard easy critical crucial essential necessary fundamental optimal
suboptimal superior inferior competitive comparable remarkable notable impressive substantial considerable full entire
whole complete partial single separate individual called named termed dubbed coined known task tasks method methods
approach approaches framework frameworks technique techniques dataset datasets benchmark benchmarks problem problems
system systems paper papers work works performance results result research researchers experiments experiment up down
out off per due ie eg vs versus et al thereby let lets get gets need needs needed quality ability abilities capability
capabilities better-performing time times cost costs resulting
"""

_GENERIC = """
llm mllm slm vlm plm lmm lvlm vllms alm mlm-based gpts lm lms nlm ai ml dl nlp nlg nlu cv agi aigc hci iot ir ie genai
xai ann ood iid sota api apis url urls pdf html json sql css xml yaml gui ui ux os id ids ip qa q&a bleu rouge rouge-l
rouge-1 rouge-2 meteor f1 f1-score auc auroc map miou iou ap mrr ndcg fid psnr ssim lpips wer cer per eer flop flops
macs tops tflops mse mae rmse perplexity accuracy recall precision em pass@1 pass@k recall@1 hit@1 top-1 top-5 top-k
kb mb gb tb gbs ms fps hz khz mhz ghz kwh co2 usd pp english chinese french german spanish japanese korean arabic
hindi russian italian portuguese turkish vietnamese dutch github huggingface arxiv openreview google microsoft meta
nvidia amd intel openai anthropic deepmind facebook apple amazon alibaba baidu tencent huawei ibm stanford mit cmu acl
emnlp naacl neurips nips iclr icml cvpr eccv iccv aaai ijcai kdd sigir www isca usa uk eu us un covid-19 covid phd ceo
ceos stem r&d 2d 3d 4d 1d rgb rgb-d rgbd lidar hdr 4k 2k 8k iii ii iv vi vii i.e e.g etc w.r.t a.k.a aka tl;dr vs
"""

_CLASSES = """
language model|large language model|small language model|multimodal large language model
multi modal large language model|vision language model|large vision language model|large multimodal model
multimodal model|multimodal llm|pre trained language model|pretrained language model|foundation model
vision foundation model|generative model|deep learning|machine learning|natural language processing
artificial intelligence|computer vision|generative ai|generative artificial intelligence|neural network
deep neural network|artificial general intelligence|human computer interaction|internet of thing|image llm|video llm
speech llm|language modeling|out of distribution|state of the art|speech language model|video large language model
medical llm|audio language model|autoregressive language model|masked language model|real time|open source|code llm
data science|information retrieval system|software engineering|application programming interface
"""

STOP = frozenset(_STOP.split())
GENERIC = frozenset(_GENERIC.split())
CLASSES = frozenset(phrase.strip() for line in _CLASSES.split("\n") for phrase in line.split("|") if phrase.strip())
