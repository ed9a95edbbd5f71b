-- Long, wide and deep, as generated statements are.

-- name: thousand_numbers
SELECT customer_id, email FROM customers WHERE customer_id IN (
    1, 7920, 15839, 23758, 31677, 39596, 47515, 5434, 13353, 21272, 29191, 37110, 45029, 2948, 10867, 18786, 26705,
    34624, 42543, 462, 8381, 16300, 24219, 32138, 40057, 47976, 5895, 13814, 21733, 29652, 37571, 45490, 3409,
    11328, 19247, 27166, 35085, 43004, 923, 8842, 16761, 24680, 32599, 40518, 48437, 6356, 14275, 22194, 30113,
    38032, 45951, 3870, 11789, 19708, 27627, 35546, 43465, 1384, 9303, 17222, 25141, 33060, 40979, 48898, 6817,
    14736, 22655, 30574, 38493, 46412, 4331, 12250, 20169, 28088, 36007, 43926, 1845, 9764, 17683, 25602, 33521,
    41440, 49359, 7278, 15197, 23116, 31035, 38954, 46873, 4792, 12711, 20630, 28549, 36468, 44387, 2306, 10225,
    18144, 26063, 33982, 41901, 49820, 7739, 15658, 23577, 31496, 39415, 47334, 5253, 13172, 21091, 29010, 36929,
    44848, 2767, 10686, 18605, 26524, 34443, 42362, 281, 8200, 16119, 24038, 31957, 39876, 47795, 5714, 13633,
    21552, 29471, 37390, 45309, 3228, 11147, 19066, 26985, 34904, 42823, 742, 8661, 16580, 24499, 32418, 40337,
    48256, 6175, 14094, 22013, 29932, 37851, 45770, 3689, 11608, 19527, 27446, 35365, 43284, 1203, 9122, 17041,
    24960, 32879, 40798, 48717, 6636, 14555, 22474, 30393, 38312, 46231, 4150, 12069, 19988, 27907, 35826, 43745,
    1664, 9583, 17502, 25421, 33340, 41259, 49178, 7097, 15016, 22935, 30854, 38773, 46692, 4611, 12530, 20449,
    28368, 36287, 44206, 2125, 10044, 17963, 25882, 33801, 41720, 49639, 7558, 15477, 23396, 31315, 39234, 47153,
    5072, 12991, 20910, 28829, 36748, 44667, 2586, 10505, 18424, 26343, 34262, 42181, 100, 8019, 15938, 23857,
    31776, 39695, 47614, 5533, 13452, 21371, 29290, 37209, 45128, 3047, 10966, 18885, 26804, 34723, 42642, 561,
    8480, 16399, 24318, 32237, 40156, 48075, 5994, 13913, 21832, 29751, 37670, 45589, 3508, 11427, 19346, 27265,
    35184, 43103, 1022, 8941, 16860, 24779, 32698, 40617, 48536, 6455, 14374, 22293, 30212, 38131, 46050, 3969,
    11888, 19807, 27726, 35645, 43564, 1483, 9402, 17321, 25240, 33159, 41078, 48997, 6916, 14835, 22754, 30673,
    38592, 46511, 4430, 12349, 20268, 28187, 36106, 44025, 1944, 9863, 17782, 25701, 33620, 41539, 49458, 7377,
    15296, 23215, 31134, 39053, 46972, 4891, 12810, 20729, 28648, 36567, 44486, 2405, 10324, 18243, 26162, 34081,
    42000, 49919, 7838, 15757, 23676, 31595, 39514, 47433, 5352, 13271, 21190, 29109, 37028, 44947, 2866, 10785,
    18704, 26623, 34542, 42461, 380, 8299, 16218, 24137, 32056, 39975, 47894, 5813, 13732, 21651, 29570, 37489,
    45408, 3327, 11246, 19165, 27084, 35003, 42922, 841, 8760, 16679, 24598, 32517, 40436, 48355, 6274, 14193,
    22112, 30031, 37950, 45869, 3788, 11707, 19626, 27545, 35464, 43383, 1302, 9221, 17140, 25059, 32978, 40897,
    48816, 6735, 14654, 22573, 30492, 38411, 46330, 4249, 12168, 20087, 28006, 35925, 43844, 1763, 9682, 17601,
    25520, 33439, 41358, 49277, 7196, 15115, 23034, 30953, 38872, 46791, 4710, 12629, 20548, 28467, 36386, 44305,
    2224, 10143, 18062, 25981, 33900, 41819, 49738, 7657, 15576, 23495, 31414, 39333, 47252, 5171, 13090, 21009,
    28928, 36847, 44766, 2685, 10604, 18523, 26442, 34361, 42280, 199, 8118, 16037, 23956, 31875, 39794, 47713,
    5632, 13551, 21470, 29389, 37308, 45227, 3146, 11065, 18984, 26903, 34822, 42741, 660, 8579, 16498, 24417,
    32336, 40255, 48174, 6093, 14012, 21931, 29850, 37769, 45688, 3607, 11526, 19445, 27364, 35283, 43202, 1121,
    9040, 16959, 24878, 32797, 40716, 48635, 6554, 14473, 22392, 30311, 38230, 46149, 4068, 11987, 19906, 27825,
    35744, 43663, 1582, 9501, 17420, 25339, 33258, 41177, 49096, 7015, 14934, 22853, 30772, 38691, 46610, 4529,
    12448, 20367, 28286, 36205, 44124, 2043, 9962, 17881, 25800, 33719, 41638, 49557, 7476, 15395, 23314, 31233,
    39152, 47071, 4990, 12909, 20828, 28747, 36666, 44585, 2504, 10423, 18342, 26261, 34180, 42099, 18, 7937, 15856,
    23775, 31694, 39613, 47532, 5451, 13370, 21289, 29208, 37127, 45046, 2965, 10884, 18803, 26722, 34641, 42560,
    479, 8398, 16317, 24236, 32155, 40074, 47993, 5912, 13831, 21750, 29669, 37588, 45507, 3426, 11345, 19264,
    27183, 35102, 43021, 940, 8859, 16778, 24697, 32616, 40535, 48454, 6373, 14292, 22211, 30130, 38049, 45968,
    3887, 11806, 19725, 27644, 35563, 43482, 1401, 9320, 17239, 25158, 33077, 40996, 48915, 6834, 14753, 22672,
    30591, 38510, 46429, 4348, 12267, 20186, 28105, 36024, 43943, 1862, 9781, 17700, 25619, 33538, 41457, 49376,
    7295, 15214, 23133, 31052, 38971, 46890, 4809, 12728, 20647, 28566, 36485, 44404, 2323, 10242, 18161, 26080,
    33999, 41918, 49837, 7756, 15675, 23594, 31513, 39432, 47351, 5270, 13189, 21108, 29027, 36946, 44865, 2784,
    10703, 18622, 26541, 34460, 42379, 298, 8217, 16136, 24055, 31974, 39893, 47812, 5731, 13650, 21569, 29488,
    37407, 45326, 3245, 11164, 19083, 27002, 34921, 42840, 759, 8678, 16597, 24516, 32435, 40354, 48273, 6192,
    14111, 22030, 29949, 37868, 45787, 3706, 11625, 19544, 27463, 35382, 43301, 1220, 9139, 17058, 24977, 32896,
    40815, 48734, 6653, 14572, 22491, 30410, 38329, 46248, 4167, 12086, 20005, 27924, 35843, 43762, 1681, 9600,
    17519, 25438, 33357, 41276, 49195, 7114, 15033, 22952, 30871, 38790, 46709, 4628, 12547, 20466, 28385, 36304,
    44223, 2142, 10061, 17980, 25899, 33818, 41737, 49656, 7575, 15494, 23413, 31332, 39251, 47170, 5089, 13008,
    20927, 28846, 36765, 44684, 2603, 10522, 18441, 26360, 34279, 42198, 117, 8036, 15955, 23874, 31793, 39712,
    47631, 5550, 13469, 21388, 29307, 37226, 45145, 3064, 10983, 18902, 26821, 34740, 42659, 578, 8497, 16416,
    24335, 32254, 40173, 48092, 6011, 13930, 21849, 29768, 37687, 45606, 3525, 11444, 19363, 27282, 35201, 43120,
    1039, 8958, 16877, 24796, 32715, 40634, 48553, 6472, 14391, 22310, 30229, 38148, 46067, 3986, 11905, 19824,
    27743, 35662, 43581, 1500, 9419, 17338, 25257, 33176, 41095, 49014, 6933, 14852, 22771, 30690, 38609, 46528,
    4447, 12366, 20285, 28204, 36123, 44042, 1961, 9880, 17799, 25718, 33637, 41556, 49475, 7394, 15313, 23232,
    31151, 39070, 46989, 4908, 12827, 20746, 28665, 36584, 44503, 2422, 10341, 18260, 26179, 34098, 42017, 49936,
    7855, 15774, 23693, 31612, 39531, 47450, 5369, 13288, 21207, 29126, 37045, 44964, 2883, 10802, 18721, 26640,
    34559, 42478, 397, 8316, 16235, 24154, 32073, 39992, 47911, 5830, 13749, 21668, 29587, 37506, 45425, 3344,
    11263, 19182, 27101, 35020, 42939, 858, 8777, 16696, 24615, 32534, 40453, 48372, 6291, 14210, 22129, 30048,
    37967, 45886, 3805, 11724, 19643, 27562, 35481, 43400, 1319, 9238, 17157, 25076, 32995, 40914, 48833, 6752,
    14671, 22590, 30509, 38428, 46347, 4266, 12185, 20104, 28023, 35942, 43861, 1780, 9699, 17618, 25537, 33456,
    41375, 49294, 7213, 15132, 23051, 30970, 38889, 46808, 4727, 12646, 20565, 28484, 36403, 44322, 2241, 10160,
    18079, 25998, 33917, 41836, 49755, 7674, 15593, 23512, 31431, 39350, 47269, 5188, 13107, 21026, 28945, 36864,
    44783, 2702, 10621, 18540, 26459, 34378, 42297, 216, 8135, 16054, 23973, 31892, 39811, 47730, 5649, 13568,
    21487, 29406, 37325, 45244, 3163, 11082
) ORDER BY customer_id;

-- name: many_conditions
SELECT store_id, product_id, stock_level FROM inventory
WHERE store_id = 1 AND product_id = 1
    OR store_id = 2 AND product_id = 4
    OR store_id = 3 AND product_id = 7
    OR store_id = 4 AND product_id = 10
    OR store_id = 5 AND product_id = 13
    OR store_id = 6 AND product_id = 16
    OR store_id = 7 AND product_id = 19
    OR store_id = 8 AND product_id = 22
    OR store_id = 1 AND product_id = 25
    OR store_id = 2 AND product_id = 28
    OR store_id = 3 AND product_id = 31
    OR store_id = 4 AND product_id = 34
    OR store_id = 5 AND product_id = 37
    OR store_id = 6 AND product_id = 40
    OR store_id = 7 AND product_id = 43
    OR store_id = 8 AND product_id = 46
    OR store_id = 1 AND product_id = 49
    OR store_id = 2 AND product_id = 52
    OR store_id = 3 AND product_id = 55
    OR store_id = 4 AND product_id = 58
    OR store_id = 5 AND product_id = 61
    OR store_id = 6 AND product_id = 64
    OR store_id = 7 AND product_id = 67
    OR store_id = 8 AND product_id = 70
    OR store_id = 1 AND product_id = 73
    OR store_id = 2 AND product_id = 76
    OR store_id = 3 AND product_id = 79
    OR store_id = 4 AND product_id = 82
    OR store_id = 5 AND product_id = 85
    OR store_id = 6 AND product_id = 88
    OR store_id = 7 AND product_id = 91
    OR store_id = 8 AND product_id = 94
    OR store_id = 1 AND product_id = 97
    OR store_id = 2 AND product_id = 100
    OR store_id = 3 AND product_id = 103
    OR store_id = 4 AND product_id = 106
    OR store_id = 5 AND product_id = 109
    OR store_id = 6 AND product_id = 112
    OR store_id = 7 AND product_id = 115
    OR store_id = 8 AND product_id = 118
    OR store_id = 1 AND product_id = 121
    OR store_id = 2 AND product_id = 124
    OR store_id = 3 AND product_id = 127
    OR store_id = 4 AND product_id = 130
    OR store_id = 5 AND product_id = 133
    OR store_id = 6 AND product_id = 136
    OR store_id = 7 AND product_id = 139
    OR store_id = 8 AND product_id = 142
    OR store_id = 1 AND product_id = 145
    OR store_id = 2 AND product_id = 148
    OR store_id = 3 AND product_id = 151
    OR store_id = 4 AND product_id = 154
    OR store_id = 5 AND product_id = 157
    OR store_id = 6 AND product_id = 160
    OR store_id = 7 AND product_id = 163
    OR store_id = 8 AND product_id = 166
    OR store_id = 1 AND product_id = 169
    OR store_id = 2 AND product_id = 172
    OR store_id = 3 AND product_id = 175
    OR store_id = 4 AND product_id = 178
    OR store_id = 5 AND product_id = 181
    OR store_id = 6 AND product_id = 184
    OR store_id = 7 AND product_id = 187
    OR store_id = 8 AND product_id = 190
    OR store_id = 1 AND product_id = 193
    OR store_id = 2 AND product_id = 196
    OR store_id = 3 AND product_id = 199
    OR store_id = 4 AND product_id = 202
    OR store_id = 5 AND product_id = 205
    OR store_id = 6 AND product_id = 208
    OR store_id = 7 AND product_id = 211
    OR store_id = 8 AND product_id = 214
    OR store_id = 1 AND product_id = 217
    OR store_id = 2 AND product_id = 220
    OR store_id = 3 AND product_id = 223
    OR store_id = 4 AND product_id = 226
    OR store_id = 5 AND product_id = 229
    OR store_id = 6 AND product_id = 232
    OR store_id = 7 AND product_id = 235
    OR store_id = 8 AND product_id = 238
    OR store_id = 1 AND product_id = 241
    OR store_id = 2 AND product_id = 244
    OR store_id = 3 AND product_id = 247
    OR store_id = 4 AND product_id = 250
    OR store_id = 5 AND product_id = 253
    OR store_id = 6 AND product_id = 256
    OR store_id = 7 AND product_id = 259
    OR store_id = 8 AND product_id = 262
    OR store_id = 1 AND product_id = 265
    OR store_id = 2 AND product_id = 268
    OR store_id = 3 AND product_id = 271
    OR store_id = 4 AND product_id = 274
    OR store_id = 5 AND product_id = 277
    OR store_id = 6 AND product_id = 280
    OR store_id = 7 AND product_id = 283
    OR store_id = 8 AND product_id = 286
    OR store_id = 1 AND product_id = 289
    OR store_id = 2 AND product_id = 292
    OR store_id = 3 AND product_id = 295
    OR store_id = 4 AND product_id = 298
    OR store_id = 5 AND product_id = 301
    OR store_id = 6 AND product_id = 304
    OR store_id = 7 AND product_id = 307
    OR store_id = 8 AND product_id = 310
    OR store_id = 1 AND product_id = 313
    OR store_id = 2 AND product_id = 316
    OR store_id = 3 AND product_id = 319
    OR store_id = 4 AND product_id = 322
    OR store_id = 5 AND product_id = 325
    OR store_id = 6 AND product_id = 328
    OR store_id = 7 AND product_id = 331
    OR store_id = 8 AND product_id = 334
    OR store_id = 1 AND product_id = 337
    OR store_id = 2 AND product_id = 340
    OR store_id = 3 AND product_id = 343
    OR store_id = 4 AND product_id = 346
    OR store_id = 5 AND product_id = 349
    OR store_id = 6 AND product_id = 352
    OR store_id = 7 AND product_id = 355
    OR store_id = 8 AND product_id = 358
ORDER BY store_id, product_id;

-- name: wide_crosstab
SELECT store_id,
    count(*) FILTER (WHERE order_date >= '2024-01-01' AND order_date < '2024-02-01') AS "2024-01",
    count(*) FILTER (WHERE order_date >= '2024-02-01' AND order_date < '2024-03-01') AS "2024-02",
    count(*) FILTER (WHERE order_date >= '2024-03-01' AND order_date < '2024-04-01') AS "2024-03",
    count(*) FILTER (WHERE order_date >= '2024-04-01' AND order_date < '2024-05-01') AS "2024-04",
    count(*) FILTER (WHERE order_date >= '2024-05-01' AND order_date < '2024-06-01') AS "2024-05",
    count(*) FILTER (WHERE order_date >= '2024-06-01' AND order_date < '2024-07-01') AS "2024-06",
    count(*) FILTER (WHERE order_date >= '2024-07-01' AND order_date < '2024-08-01') AS "2024-07",
    count(*) FILTER (WHERE order_date >= '2024-08-01' AND order_date < '2024-09-01') AS "2024-08",
    count(*) FILTER (WHERE order_date >= '2024-09-01' AND order_date < '2024-10-01') AS "2024-09",
    count(*) FILTER (WHERE order_date >= '2024-10-01' AND order_date < '2024-11-01') AS "2024-10",
    count(*) FILTER (WHERE order_date >= '2024-11-01' AND order_date < '2024-12-01') AS "2024-11",
    count(*) FILTER (WHERE order_date >= '2024-12-01' AND order_date < '2025-01-01') AS "2024-12",
    count(*) FILTER (WHERE order_date >= '2025-01-01' AND order_date < '2025-02-01') AS "2025-01",
    count(*) FILTER (WHERE order_date >= '2025-02-01' AND order_date < '2025-03-01') AS "2025-02",
    count(*) FILTER (WHERE order_date >= '2025-03-01' AND order_date < '2025-04-01') AS "2025-03",
    count(*) FILTER (WHERE order_date >= '2025-04-01' AND order_date < '2025-05-01') AS "2025-04",
    count(*) FILTER (WHERE order_date >= '2025-05-01' AND order_date < '2025-06-01') AS "2025-05",
    count(*) FILTER (WHERE order_date >= '2025-06-01' AND order_date < '2025-07-01') AS "2025-06",
    count(*) FILTER (WHERE order_date >= '2025-07-01' AND order_date < '2025-08-01') AS "2025-07",
    count(*) FILTER (WHERE order_date >= '2025-08-01' AND order_date < '2025-09-01') AS "2025-08",
    count(*) FILTER (WHERE order_date >= '2025-09-01' AND order_date < '2025-10-01') AS "2025-09",
    count(*) FILTER (WHERE order_date >= '2025-10-01' AND order_date < '2025-11-01') AS "2025-10",
    count(*) FILTER (WHERE order_date >= '2025-11-01' AND order_date < '2025-12-01') AS "2025-11",
    count(*) FILTER (WHERE order_date >= '2025-12-01' AND order_date < '2026-01-01') AS "2025-12",
    count(*) FILTER (WHERE order_date >= '2026-01-01' AND order_date < '2026-02-01') AS "2026-01",
    count(*) FILTER (WHERE order_date >= '2026-02-01' AND order_date < '2026-03-01') AS "2026-02",
    count(*) FILTER (WHERE order_date >= '2026-03-01' AND order_date < '2026-04-01') AS "2026-03",
    count(*) FILTER (WHERE order_date >= '2026-04-01' AND order_date < '2026-05-01') AS "2026-04",
    count(*) FILTER (WHERE order_date >= '2026-05-01' AND order_date < '2026-06-01') AS "2026-05",
    count(*) FILTER (WHERE order_date >= '2026-06-01' AND order_date < '2026-07-01') AS "2026-06",
    count(*) FILTER (WHERE order_date >= '2026-07-01' AND order_date < '2026-08-01') AS "2026-07",
    count(*) FILTER (WHERE order_date >= '2026-08-01' AND order_date < '2026-09-01') AS "2026-08",
    count(*) FILTER (WHERE order_date >= '2026-09-01' AND order_date < '2026-10-01') AS "2026-09",
    count(*) FILTER (WHERE order_date >= '2026-10-01' AND order_date < '2026-11-01') AS "2026-10",
    count(*) FILTER (WHERE order_date >= '2026-11-01' AND order_date < '2026-12-01') AS "2026-11",
    count(*) FILTER (WHERE order_date >= '2026-12-01' AND order_date < '2027-01-01') AS "2026-12",
    count(*) AS total
FROM orders GROUP BY store_id ORDER BY store_id;

-- name: deep_parentheses
SELECT store_id, max(((((((((((((((((((((((((((((((((((((((((quantity + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1)) AS most
FROM order_items GROUP BY store_id ORDER BY store_id;

-- name: deep_function_calls
SELECT customer_id, coalesce(nullif(phone, 'none 0'), coalesce(nullif(phone, 'none 1'), coalesce(nullif(phone, 'none 2'), coalesce(nullif(phone, 'none 3'), coalesce(nullif(phone, 'none 4'), coalesce(nullif(phone, 'none 5'), coalesce(nullif(phone, 'none 6'), coalesce(nullif(phone, 'none 7'), coalesce(nullif(phone, 'none 8'), coalesce(nullif(phone, 'none 9'), coalesce(nullif(phone, 'none 10'), coalesce(nullif(phone, 'none 11'), coalesce(nullif(phone, 'none 12'), coalesce(nullif(phone, 'none 13'), coalesce(nullif(phone, 'none 14'), coalesce(nullif(phone, 'none 15'), coalesce(nullif(phone, 'none 16'), coalesce(nullif(phone, 'none 17'), coalesce(nullif(phone, 'none 18'), coalesce(nullif(phone, 'none 19'), coalesce(nullif(phone, 'none 20'), coalesce(nullif(phone, 'none 21'), coalesce(nullif(phone, 'none 22'), coalesce(nullif(phone, 'none 23'), coalesce(nullif(phone, 'none 24'), coalesce(nullif(phone, 'none 25'), coalesce(nullif(phone, 'none 26'), coalesce(nullif(phone, 'none 27'), coalesce(nullif(phone, 'none 28'), coalesce(nullif(phone, 'none 29'), '?')))))))))))))))))))))))))))))) AS phone
FROM customers ORDER BY customer_id LIMIT 10;

-- name: long_string
SELECT length('Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava') AS characters, count(*) AS orders FROM orders;

-- name: long_comment
/* Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava Zava
    Zava Zava Zava Zava Zava Zava */
SELECT store_id, min(order_id) AS first_order FROM orders GROUP BY store_id ORDER BY store_id;

-- name: many_unions
SELECT '2026-01' AS month, count(*) AS orders FROM orders WHERE order_date >= '2026-01-01' AND order_date < '2026-01-15'
UNION ALL
SELECT '2026-02' AS month, count(*) AS orders FROM orders WHERE order_date >= '2026-02-01' AND order_date < '2026-02-15'
UNION ALL
SELECT '2026-03' AS month, count(*) AS orders FROM orders WHERE order_date >= '2026-03-01' AND order_date < '2026-03-15'
UNION ALL
SELECT '2026-04' AS month, count(*) AS orders FROM orders WHERE order_date >= '2026-04-01' AND order_date < '2026-04-15'
UNION ALL
SELECT '2026-05' AS month, count(*) AS orders FROM orders WHERE order_date >= '2026-05-01' AND order_date < '2026-05-15'
UNION ALL
SELECT '2026-06' AS month, count(*) AS orders FROM orders WHERE order_date >= '2026-06-01' AND order_date < '2026-06-15'
UNION ALL
SELECT '2026-07' AS month, count(*) AS orders FROM orders WHERE order_date >= '2026-07-01' AND order_date < '2026-07-15'
UNION ALL
SELECT '2026-08' AS month, count(*) AS orders FROM orders WHERE order_date >= '2026-08-01' AND order_date < '2026-08-15'
UNION ALL
SELECT '2026-09' AS month, count(*) AS orders FROM orders WHERE order_date >= '2026-09-01' AND order_date < '2026-09-15'
UNION ALL
SELECT '2026-10' AS month, count(*) AS orders FROM orders WHERE order_date >= '2026-10-01' AND order_date < '2026-10-15'
UNION ALL
SELECT '2026-11' AS month, count(*) AS orders FROM orders WHERE order_date >= '2026-11-01' AND order_date < '2026-11-15'
UNION ALL
SELECT '2026-12' AS month, count(*) AS orders FROM orders WHERE order_date >= '2026-12-01' AND order_date < '2026-12-15'
ORDER BY 1;
